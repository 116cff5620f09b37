import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** Milliseconds for whatever a page has to become: seconds on an idle machine are minutes on a busy one. */
export const PATIENCE_MS = 60_000;

/** The programs that Debian, Ubuntu and Fedora call Chromium. */
const NAMES = ['chromium', 'chromium-browser'];

/** The system's Chromium, or the one that SPPP_CHROMIUM names; undefined if there is none. */
export function findChromium(): string | undefined {
  const { SPPP_CHROMIUM, PATH = '' } = process.env;
  const found = PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...(SPPP_CHROMIUM === undefined ? [] : [SPPP_CHROMIUM]), ...found].find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Starts a browser without a window. */
export function startBrowser(executablePath: string): Promise<Browser> {
  // Chromium has no sandbox for root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, args: [...args, '--disable-dev-shm-usage'], timeout: PATIENCE_MS });
}
