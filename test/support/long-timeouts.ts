import { vi } from 'vitest';

/** Files with heavy tests import this: seconds on an idle machine are minutes on a busy one. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
