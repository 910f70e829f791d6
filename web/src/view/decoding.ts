/** Run `then` once a picture that has loaded can be painted: to decode millions of pixels takes a while longer. */
export function whenDecoded(image: HTMLImageElement, then: () => void): void {
  // What cannot be decoded is on the page all the same, as far as it came.
  void image.decode().then(then, then);
}
