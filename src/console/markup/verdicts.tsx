import type { SpppResponse } from '../../sppp/message.js';
import { message } from '../../sppp/result.js';

/** The result of a request as a whole, and those of its objects that have one. */
export function Verdicts({ response: { overall, details = [] } }: { readonly response: SpppResponse }) {
  return (
    <>
      <p class={overall.code === 1000 ? 'good' : 'bad'} role="status">
        {overall.code} {message(overall)}
      </p>
      {details.length > 0 && (
        <ul>
          {details.map(({ index, result }) => (
            <li key={index}>
              {result.code} {message(result)}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
