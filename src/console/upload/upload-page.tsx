import { FormToken, renderPage } from '../markup/page.js';
import type { Visitor } from '../visitor.js';

interface UploadPageParts {
  /** What was wrong with the last try. */
  readonly fault?: string;
  /** Registrants to choose from. */
  readonly rants: readonly string[];
}

/** Registrants that are offered to choose from. */
const MAX_OFFERED = 100;

/** The form for a file of objects. The file is its last part: what is before it says what its lines mean. */
export function uploadPage({ fault, rants }: UploadPageParts, visitor: Visitor): string {
  return renderPage({
    title: 'Upload a file',
    visitor,
    children: (
      <>
        {fault !== undefined && (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
        <p>
          CSV whose first line names the columns, as in rant,dgName,tn; or a line of JSON for each object; or an SPPP
          message that changes objects. These are the files that sppp push sends and sppp pull writes, packed with gzip
          or not.
        </p>
        <form method="post" action="/console/upload" enctype="multipart/form-data">
          <FormToken visitor={visitor} />
          <label>
            Registrant of lines that name none (--rant)
            <input name="rant" list="rants" autocomplete="off" value={rants.length === 1 ? rants[0] : ''} />
          </label>
          <datalist id="rants">
            {rants.slice(0, MAX_OFFERED).map((rant) => (
              <option key={rant} value={rant} />
            ))}
          </datalist>
          <label class="tick">
            <input type="checkbox" name="normalize" value="yes" /> Numbers as people write them (--normalize)
          </label>
          <label>
            Country of numbers without + (--country)
            <input name="country" autocomplete="off" size={4} placeholder="US" />
          </label>
          <label class="tick">
            <input type="checkbox" name="delete" value="yes" /> Delete the objects in the file (--delete)
          </label>
          <label>
            File
            <input type="file" name="file" required />
          </label>
          <button type="submit">See what the registry would answer</button>
        </form>
      </>
    ),
  });
}
