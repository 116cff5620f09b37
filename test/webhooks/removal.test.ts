/** A webhook is removed while the outcome of attempts is written down. */

import pg from 'pg';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createDatabase } from '../support/database.js';
import { startServer } from '../support/server.js';
import { WAIT } from '../support/webhooks.js';

it('neither of the two fails', async () => {
  const database = await createDatabase();
  const server = await startServer({ database, backgroundJobs: false });
  const remover = new pg.Client(database.url);
  const writer = new pg.Client(database.url);
  await remover.connect();
  await writer.connect();
  onTestFinished(async () => {
    await remover.end();
    await writer.end();
    await server.close();
  });
  const [{ id } = { id: 0 }] = await server.sql<{ id: number }>(
    `INSERT INTO sppp.webhook (organization_id, url, types, secret) VALUES (NULL, 'https://one.example', '{}', '0123') RETURNING id`,
  );
  await server.sql(
    `INSERT INTO sppp.webhook_delivery (webhook_id, position, type) VALUES ($1, 1, 'sppp.offer.made.v1')`,
    [id],
  );

  await remover.query('BEGIN');
  await remover.query('SELECT FROM sppp.webhook WHERE id = $1 FOR UPDATE', [id]);
  const ended = JSON.stringify([{ position: 1, state: 'waiting', due_in: 60 }]);
  const written = writer.query(`SELECT sppp.end_webhook_attempts($1, $2, 5, NULL, '1 day')`, [id, ended]);
  const outcome = Promise.allSettled([written]);
  await vi.waitFor(async () => {
    const waiting = `SELECT FROM pg_stat_activity WHERE query LIKE '%end_webhook_attempts%' AND wait_event_type = 'Lock'`;
    expect(await server.sql(waiting)).toHaveLength(1);
  }, WAIT);
  await remover.query('DELETE FROM sppp.webhook WHERE id = $1', [id]);
  await remover.query('COMMIT');
  expect(await outcome).toMatchObject([{ status: 'fulfilled' }]);
});
