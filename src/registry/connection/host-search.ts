import type { Host, SessionAttributes } from './host-list.js';

/** What a server says about itself after the login. */
export interface ServerState {
  readonly isStandby: boolean;
  /** Whether sessions are read-only unless they change that; always so on a standby. */
  readonly isReadOnly: boolean;
  /** Seconds by which its data may be older than those of its primary; undefined: it does not know. 0 on a primary. */
  readonly age: number | undefined;
}

export interface HostSearchSettings {
  readonly hosts: readonly [Host, ...Host[]];
  readonly targetSession: SessionAttributes;
  /** Whether the hosts are put into an order of this process once. */
  readonly isShuffled: boolean;
  /** Milliseconds that one address of a host may take. */
  readonly timeout: number;
  /** Seconds by which a standby may be older than its primary; undefined: it does not matter. */
  readonly maxAge: number | undefined;
}

/** Time for which a host that did not answer in time is tried behind the others: each try costs its whole timeout. */
const LATE_MS = 60_000;

/** The order in which connections try the hosts of a URL, and which servers they take. */
export class HostSearch {
  readonly timeout: number;
  readonly #hosts: readonly Host[];
  readonly #target: SessionAttributes;
  readonly #maxAge: number | undefined;
  readonly #lateUntil = new Map<Host, number>();

  constructor({ hosts, targetSession, isShuffled, timeout, maxAge }: HostSearchSettings) {
    this.#hosts = isShuffled ? shuffled(hosts) : hosts;
    this.#target = targetSession;
    this.timeout = timeout;
    this.#maxAge = maxAge;
  }

  /** How many hosts there are. */
  get size(): number {
    return this.#hosts.length;
  }

  /** The attributes of a session that are asked for, one after the other: `prefer-standby` asks all hosts twice. */
  get rounds(): readonly SessionAttributes[] {
    return this.#target === 'prefer-standby' ? ['standby', 'any'] : [this.#target];
  }

  /** The hosts in the order in which a connection made now tries them. */
  order(): Host[] {
    const now = performance.now();
    const isLate = (host: Host) => (this.#lateUntil.get(host) ?? now) > now;
    return [...this.#hosts.filter((host) => !isLate(host)), ...this.#hosts.filter(isLate)];
  }

  /** Takes note that a host did not answer in time. */
  wasLate(host: Host): void {
    this.#lateUntil.set(host, performance.now() + LATE_MS);
  }

  /** Why a server is not taken; undefined: it is. */
  whyNot(round: SessionAttributes, state: ServerState): string | undefined {
    const mismatch = mismatchOf(round, state);
    if (mismatch !== undefined) return `${mismatch}, and target_session_attrs is ${this.#target}`;
    if (this.#maxAge === undefined || !state.isStandby) return undefined;
    return whyTooOld(state.age, this.#maxAge);
  }
}

/** Why a standby of an age in seconds must not answer; undefined: it may. */
export function whyTooOld(age: number | undefined, maxAge: number): string | undefined {
  if (age === undefined) return 'it is a standby that does not know how old its data are';
  return age > maxAge
    ? `it is a standby whose data may be ${Math.ceil(age)} s old, and ${maxAge} s are allowed`
    : undefined;
}

function mismatchOf(round: SessionAttributes, { isStandby, isReadOnly }: ServerState): string | undefined {
  switch (round) {
    case 'primary':
      return isStandby ? 'it is a standby' : undefined;
    case 'read-write':
      if (isStandby) return 'it is a standby';
      return isReadOnly ? 'its sessions are read-only (default_transaction_read_only)' : undefined;
    case 'standby':
      return isStandby ? undefined : 'it is a primary';
    case 'read-only':
      return isReadOnly ? undefined : 'its sessions may write';
    default:
      return undefined;
  }
}

function shuffled(hosts: readonly Host[]): Host[] {
  const left = [...hosts];
  const order: Host[] = [];
  while (left.length > 0) order.push(...left.splice(Math.floor(Math.random() * left.length), 1));
  return order;
}
