import { vi } from 'vitest';

/** Imported by files whose tests load much: what takes seconds on an idle machine takes minutes on a busy one. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
