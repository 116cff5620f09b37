import { commandForPictures, type Drawing } from './graphviz.js';

interface PictureParts {
  readonly title: string;
  /** What it shows, for those who do not see it. */
  readonly description: string;
  /** Undefined: pictures cannot be drawn here. */
  readonly drawing: Drawing | undefined;
  /** Whether parts of it lead to other pages. */
  readonly hasLinks?: boolean;
}

/** A picture with its description in words; or which package is missing where pictures cannot be drawn. */
export function Picture({ title, description, drawing, hasLinks = false }: PictureParts) {
  if (drawing === undefined) {
    return (
      <p class="faint">
        There is no picture here, since Graphviz is not installed beside the server: <code>{commandForPictures()}</code>
      </p>
    );
  }
  const { width, height, content } = drawing;
  return (
    <div class={hasLinks ? 'picture wide' : 'picture'}>
      <svg
        role={hasLinks ? 'group' : 'img'}
        aria-labelledby="picture-title"
        aria-describedby="picture-description"
        width={`${width}pt`}
        height={`${height}pt`}
        viewBox={`0 0 ${width} ${height}`}
      >
        <title id="picture-title">{title}</title>
        <desc id="picture-description">{description}</desc>
        <g dangerouslySetInnerHTML={{ __html: content }} />
      </svg>
    </div>
  );
}
