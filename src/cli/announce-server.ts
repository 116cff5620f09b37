import { printLine } from './output.js';

/** The output of a start: lines, or the members of a JSON document. */
export interface Announcement {
  readonly lines: readonly string[];
  readonly value: Readonly<Record<string, unknown>>;
}

/** What is known of a server once it answers requests. */
export interface Started {
  readonly isNew: boolean;
  /** Of the console, if that has a port of its own. */
  readonly consoleUrl?: string | undefined;
  readonly metricsUrl: string | undefined;
  /** 1: it is one process. */
  readonly workers?: number;
  readonly ready: string;
}

/** Prints that a server answers requests, and where. */
export function announceServer({ lines, value }: Announcement, started: Started, json: boolean): void {
  const { isNew, metricsUrl, workers = 1, ready } = started;
  const consoleUrl = started.consoleUrl && `${started.consoleUrl}/console`;
  const several = workers > 1 ? { workers } : {};
  const ofConsole = consoleUrl === undefined ? {} : { console: consoleUrl };
  if (json) {
    printLine(JSON.stringify({ isNew, ...value, ...ofConsole, metrics: metricsUrl ?? null, ...several, ready }));
    return;
  }
  for (const line of lines) printLine(line);
  if (consoleUrl !== undefined) printLine(`console ${consoleUrl}`);
  if (metricsUrl !== undefined) printLine(`metrics ${metricsUrl}`);
  if (workers > 1) printLine(`workers ${workers}`);
  printLine(`ready ${ready}`);
}

/** The output of a server on this registry, whose location is for people. */
export function announcementOf({ location }: { readonly location: string }): Announcement {
  return {
    lines: [`data    ${location}`, 'sql     sppp psql'],
    value: { data: location, sql: 'sppp psql' },
  };
}
