import { whenDecoded } from "../../view/decoding";
import { useSettling } from "../../view/settling";

interface Props {
  url: string;
  name: string;
  onSize: (size: { width: number; height: number }) => void;
  onFail: () => void;
}

/** The item's picture, which tells its size once it is there. */
export function ItemPicture({ url, name, onSize, onFail }: Props) {
  const settled = useSettling();
  return (
    <img
      src={url}
      alt={`The item's ${name}`}
      draggable={false}
      decoding="async"
      onLoad={(event) => {
        const { naturalWidth: width, naturalHeight: height } = event.currentTarget;
        if (width > 0 && height > 0) onSize({ width, height });
        else onFail();
        whenDecoded(event.currentTarget, settled);
      }}
      onError={() => {
        onFail();
        settled();
      }}
    />
  );
}
