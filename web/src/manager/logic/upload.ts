import { ApiError, getCsrf, Unreachable } from "../../api/client";
import type { Json } from "../../api/types";

/**
 * Send a form and say how much of it is on its way: what `fetch` cannot tell. The same errors as `api`.
 *
 * `tell` is called with a share of one; 1 means that all is sent and the server is at work.
 */
export function upload<T>(url: string, form: FormData, tell: (share: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-Querist-CSRF", getCsrf());
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) tell(event.loaded / event.total);
    };
    request.upload.onload = () => tell(1);
    request.onerror = () => reject(new Unreachable());
    request.onabort = () => reject(new Unreachable());
    request.onload = () => {
      const body = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(body as T);
      else reject(refusal(request.status, body));
    };
    request.send(form);
  });
}

function parsed(text: string): unknown {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

/** The error an answer of the server stands for, by its envelope where it has one. */
export function refusal(status: number, body: unknown): ApiError {
  const whole = (typeof body === "object" && body !== null ? body : {}) as Record<string, Json>;
  const error = (typeof whole.error === "object" && whole.error !== null ? whole.error : {}) as Record<string, Json>;
  const word = (name: string, otherwise: string) =>
    typeof error[name] === "string" ? (error[name] as string) : otherwise;
  return new ApiError(
    status,
    word("code", `http_${status}`),
    word("message", status === 413 ? "The file is too large for this server." : `The server answered ${status}.`),
    word("hint", ""),
    whole,
  );
}
