/** A connection that breaks while a job is given back: the node goes on, and so do its webhooks. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../support/server.js';
import type { Receiver } from '../support/webhook-receiver.js';
import { type Delivering, makeWebhook, publishFor, startDelivering, WAIT } from '../support/webhooks.js';

const TIMEOUT_MS = 180_000;
const BREAKS = 2;
let delivering: Delivering;
let server: TestServer;
let receiver: Receiver;
beforeAll(async () => {
  delivering = await startDelivering();
  ({ server, receiver } = delivering);
}, TIMEOUT_MS);
afterAll(() => delivering?.close());

it('the job is given back over another one, and the next event is sent', { timeout: TIMEOUT_MS }, async () => {
  await server.sql(
    `CREATE SEQUENCE sppp.given_back;
     CREATE FUNCTION sppp.breaks() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF nextval('sppp.given_back') <= ${BREAKS} THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
       RETURN OLD;
     END $$;
     CREATE TRIGGER breaks BEFORE DELETE ON sppp_jobs._private_jobs FOR EACH ROW EXECUTE FUNCTION sppp.breaks()`,
  );
  await makeWebhook(server, 'iana-en:225', receiver.url);
  const givenBack = async () => {
    const [row] = await server.sql<{ times: string }>('SELECT last_value AS times FROM sppp.given_back');
    const jobs = await server.sql('SELECT FROM sppp_jobs._private_jobs');
    return { times: Number(row?.times), left: jobs.length };
  };
  await publishFor(server, [{ organization: 'iana-en:225' }]);
  await expect.poll(givenBack, WAIT).toEqual({ times: BREAKS + 1, left: 0 });
  await publishFor(server, [{ organization: 'iana-en:225' }]);
  await expect.poll(() => receiver.received.length, WAIT).toBe(2);
});
