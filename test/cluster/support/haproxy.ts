import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../support/free-port.js';
import type { Member } from './patroni.js';
import type { Running, Stage } from './stage.js';

/** A HAProxy, which can be killed and started anew at the same address. */
export interface Balancer {
  readonly address: string;
  readonly port: number;
  readonly process: Running;
  restart(): Promise<void>;
}

/** Until HAProxy has checked every member twice, on a busy machine. */
const CHECKED_MS = 60_000;

const DEFAULTS = `
defaults
  log stdout format raw local0
  option redispatch 1
  retries 2
  timeout connect 2s
  timeout check 1s
  timeout queue 2s
  timeout client 10m
  timeout server 10m
`;

async function startBalancer(stage: Stage, name: string, listen: (bind: string) => string): Promise<Balancer> {
  const address = stage.address();
  const port = await freePort(address);
  const file = join(stage.folder, `${name}.cfg`);
  await writeFile(file, `global\n  maxconn 1000\n${DEFAULTS}${listen(`${address}:${port}`)}\n`);
  const start = () => stage.start({ name, command: 'haproxy', args: ['-db', '-f', file] });
  let process = await start();
  return {
    address,
    port,
    get process() {
      return process;
    },
    restart: async () => {
      process = await start();
    },
  };
}

/**
 * Before PostgreSQL, as deploy/haproxy/postgresql.cfg, but faster: to the member that is the primary. Until its first checks
 * HAProxy takes every member for the primary, and cuts the connections to the others after them. So it is waited for.
 */
export async function startDatabaseProxy(stage: Stage, members: readonly Member[]): Promise<Balancer> {
  const balancer = await startBalancer(
    stage,
    'haproxy-postgresql',
    (bind) => `
listen primary
  mode tcp
  bind ${bind}
  option httpchk
  http-check send meth GET uri /primary
  http-check expect status 200
  default-server check inter 500 fall 2 rise 1 on-marked-down shutdown-sessions
${members.map(({ name, address, port, api }) => `  server ${name} ${address}:${port} addr ${api.split(':')[0]} port ${api.split(':')[1]}`).join('\n')}`,
  );
  const log = () => balancer.process.log();
  for (const until = Date.now() + CHECKED_MS; Date.now() < until; await delay(100)) {
    const down = new Set([...(await log()).matchAll(/Server primary\/(\S+) is DOWN/g)].map(([, name]) => name));
    if (down.size === members.length - 1) return balancer;
  }
  throw new Error(`HAProxy did not find ${members.length - 1} standbys: ${await log()}`);
}

/** Before the nodes, as deploy/haproxy/nodes.cfg. */
export function startNodeProxy(
  stage: Stage,
  nodes: readonly { name: string; address: string; port: number }[],
): Promise<Balancer> {
  const backend = (name: string, health: string) => `
backend ${name}
  mode http
  balance roundrobin
  retry-on conn-failure
  option httpchk
  http-check send meth GET uri ${health} ver HTTP/1.1 hdr Host health
  http-check expect status 200
  default-server check inter 500 fall 2 rise 1
${nodes.map((node) => `  server ${node.name} ${node.address}:${node.port}`).join('\n')}`;
  return startBalancer(
    stage,
    'haproxy-nodes',
    (bind) => `
frontend registry
  mode http
  bind ${bind}
  use_backend living if { nbsrv(writers) lt 1 }
  default_backend writers
${backend('writers', '/health/write')}
${backend('living', '/health/live')}`,
  );
}
