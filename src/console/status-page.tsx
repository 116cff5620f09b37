import type { OperatorStatus, Queues } from '../http/operator-status.js';
import { renderPage } from './markup/page.js';
import { Fields, Table } from './markup/table.js';
import { Time } from './markup/time.js';
import type { Visitor } from './visitor.js';

/** What a node is and does: versions, queues, workers, sizes, and the settings in force. */
export function statusPage(status: OperatorStatus, visitor: Visitor): string {
  const { versions, sizes, nodes, connections, certificate, queues, workers, lookups } = status;
  return renderPage({
    title: 'Status',
    visitor,
    children: (
      <>
        <Fields
          fields={[
            ['System', status.system],
            ['Node', status.node],
            ['Started', <Time at={status.startedAt} />],
            ['Server', versions.server],
            ['Node.js', versions.node],
            ['PostgreSQL', versions.postgresql],
            ['Last migration', versions.migration],
            ['Certificate', certificate?.fingerprint],
            ['Certificate ends', certificate && <Time at={certificate.notAfter} />],
            ['Database', megabytes(sizes.databaseBytes)],
            ['Look-ups: age of the data', lookups.dataAgeSeconds === null ? undefined : `${lookups.dataAgeSeconds} s`],
          ]}
        />
        <Table caption="Requests that run and wait" head={queueHead} rows={[queueCells(queues)]} />
        {workers.length > 0 && (
          <Table
            caption="Workers"
            head={['Worker', 'Process', 'Started', ...queueHead]}
            rows={workers.map(({ number, pid, startedAt, queues }) => [
              ...[number, pid, <Time at={startedAt} />],
              ...(queues === null ? queueHead.map(() => 'no answer') : queueCells(queues)),
            ])}
          />
        )}
        <Table
          caption="Nodes of this database"
          head={['Node', 'Server', 'From', 'Processes', 'Connected since']}
          rows={nodes.map(({ name, version, address, processes, since }) => [
            ...[name, version, address ?? MACHINE, processes],
            <Time at={new Date(since)} />,
          ])}
        />
        <Table
          caption="Connections to the database, those of other nodes too"
          head={['From', 'Program', 'Connections', 'The oldest since']}
          rows={connections.map(({ address, program, count: connected, since }) => [
            ...[address ?? MACHINE, program, connected],
            <Time at={new Date(since)} />,
          ])}
        />
        <Table
          caption="Tables, the largest first"
          head={['Table', 'Rows, estimated', 'Size']}
          rows={sizes.tables.map(({ table, rows, bytes }) => [
            ...[table, rows === null ? 'not known yet' : count(rows), megabytes(bytes)],
          ])}
        />
        <Table
          caption="Settings in force"
          head={['Setting', 'Value', 'From']}
          rows={status.settings.map(({ name, value, source }) => [name, value ?? 'not set', source])}
        />
      </>
    ),
  });
}

/** Where connections without an address come from. */
const MACHINE = 'the machine of the database';

const queueHead = [
  'Large changes',
  'Large reads',
  'Adds that wait for a commit together',
  'Waiting for a connection',
  'Feeds and lists',
  'Answers not read yet',
];

function queueCells({ bulk, bulkReads, groupCommitWaiting, databaseWaiting, feeds, unreadAnswerBytes }: Queues) {
  const queue = ({ running, waiting }: Queues['bulk']) => `${running} running, ${waiting} waiting`;
  return [...[queue(bulk), queue(bulkReads), groupCommitWaiting, databaseWaiting, feeds], megabytes(unreadAnswerBytes)];
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

function count(number: number): string {
  return number.toLocaleString('en');
}
