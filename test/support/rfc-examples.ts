import { existsSync } from 'node:fs';

/** The example messages of RFC 7878 §10. They are no part of this repository, and lie beside it where they may be had. */
export const rfcExamples = new URL('../../../shared/spec/examples/', import.meta.url);

/** Whether they are there. `.ci/run` sets SPPP_RFC_EXAMPLES=required where it sees them, so that no test overlooks them. */
export const hasRfcExamples = existsSync(rfcExamples);

if (!hasRfcExamples && process.env.SPPP_RFC_EXAMPLES === 'required') {
  throw new Error(`the example messages of RFC 7878 are not where the tests look for them: ${rfcExamples.pathname}`);
}
