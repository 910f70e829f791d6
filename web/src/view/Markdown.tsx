import { memo } from "react";
import Parse, { type Components } from "react-markdown";
import gfm from "remark-gfm";

import { mediaAt } from "./media";
import classes from "./view.module.css";

const plugins = [gfm];

const components: Components = {
  // Only pictures of this server: another one would learn who reads what, and when.
  img: ({ src, alt }) => {
    const found = mediaAt(typeof src === "string" ? src : "");
    if (found.kind === "here") return <img src={found.url} alt={alt ?? ""} className={classes.inlineImage} />;
    return <span className={classes.leftOut}>[picture: {alt || (found.kind === "elsewhere" ? found.host : "none")}]</span>;
  },
  // A link that leads to nowhere one may go is only its words.
  a: ({ href, children }) =>
    href ? (
      <a href={href} target="_blank" rel="noreferrer noopener nofollow">
        {children}
      </a>
    ) : (
      children
    ),
};

/** Markdown of items and instructions. Raw HTML in it is shown as text, never run. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return (
    <div className={classes.markdown} dir="auto">
      <Parse remarkPlugins={plugins} components={components} urlTransform={safeUrl}>
        {text}
      </Parse>
    </div>
  );
});

function safeUrl(url: string): string {
  if (/^(https?:|mailto:|#|\/(?!\/))/i.test(url) || /^data:image\/(png|jpeg|gif|webp);/i.test(url)) return url;
  return /^[a-z][a-z0-9+.-]*:/i.test(url) ? "" : url;
}
