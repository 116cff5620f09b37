import { printLine } from './output.js';

/** What a server prints when it answers requests. */
export interface ServerAnnouncement {
  readonly isNew: boolean;
  readonly data: string;
  readonly sql: string | null;
  readonly metricsUrl: string | undefined;
  readonly workers: number;
  readonly ready: string;
}

/** Prints that a server answers requests, and where. */
export function announceServer(announcement: ServerAnnouncement, json: boolean): void {
  const { isNew, data, sql, metricsUrl, workers, ready } = announcement;
  if (json) {
    const several = workers > 1 ? { workers } : {};
    printLine(JSON.stringify({ isNew, data, sql, metrics: metricsUrl ?? null, ...several, ready }));
    return;
  }
  printLine(`data    ${data}`);
  if (sql !== null) printLine(`sql     ${sql}`);
  if (metricsUrl !== undefined) printLine(`metrics ${metricsUrl}`);
  if (workers > 1) printLine(`workers ${workers}`);
  printLine(`ready ${ready}`);
}
