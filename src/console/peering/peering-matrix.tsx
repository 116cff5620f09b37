import type { Peering } from '../../registry/find/peering.js';
import { peeringPath } from '../paths.js';
import type { Matrix } from './matrix.js';

/** A table of organizations by organizations, each cell with the SED groups that are accepted, and those that wait. */
export function PeeringMatrix({ matrix }: { readonly matrix: Matrix }) {
  const { offering, offeredTo, cell, isPart } = matrix;
  return (
    <>
      <p>
        There are too many organizations here for a picture; choose one to see its peers. Here each row is an
        organization that offers, each column one that it offers to. A cell has the SED groups that are accepted, and
        behind a plus those that wait.
      </p>
      <div class="matrix">
        <table>
          <caption>SED groups by organizations</caption>
          <thead>
            <tr>
              <th scope="col">Offered by</th>
              {offeredTo.map((id) => (
                <th key={id} scope="col">
                  <a href={peeringPath(id)}>{id}</a>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {offering.map((by) => (
              <tr key={by}>
                <th scope="row">
                  <a href={peeringPath(by)}>{by}</a>
                </th>
                {offeredTo.map((to) => (
                  <Cell key={to} peering={cell(by, to)} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {isPart && (
        <p class="faint">These are the organizations with the most offers; choose one to see all of its peers.</p>
      )}
    </>
  );
}

function Cell({ peering }: { readonly peering: Peering | undefined }) {
  if (peering === undefined) return <td />;
  const { offeredBy, offeredTo, accepted, waiting } = peering;
  return (
    <td data-name={offeredTo}>
      <a href={peeringPath(offeredBy, offeredTo)}>{waiting === 0 ? accepted : `${accepted} + ${waiting}`}</a>
    </td>
  );
}
