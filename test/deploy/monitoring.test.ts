/** Alert rules and dashboard use metrics and labels that exist; promtool (Debian: prometheus) tries the rules. */

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { send } from '../support/digest-client.js';
import { startServer } from '../support/server.js';
import { documentOf, pathOf, textOf } from './support/deployed.js';
import { isMissing, promtool, run } from './support/programs.js';

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}
interface Dashboard {
  readonly panels: readonly { readonly id: number; readonly targets: readonly { readonly expr: string }[] }[];
}

const rules = (await documentOf<Rules>('deploy/monitoring/alerts.yml')).groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(await textOf('deploy/monitoring/dashboard.json')) as Dashboard;
const expressions = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...panels.flatMap(({ id, targets }) => targets.map(({ expr }, index) => [`panel ${id}.${index}`, expr] as const)),
];

/** Labels that Prometheus adds to every series. */
const ofPrometheus = ['instance', 'job', 'le'];

/** Names of metrics of the server in an expression. Those of HAProxy are tried in haproxy.test.ts. */
function metricsIn(expr: string): string[] {
  return [...expr.matchAll(/\b(?:sppp|process|nodejs)_\w+/g)].map(([name]) => name);
}

describe('expressions', () => {
  it('use metrics that the server has', async () => {
    const server = await startServer({ settings: { SPPP_METRICS_PORT: '0' } });
    try {
      const { text } = await send(server.metricsUrl ?? '');
      const names = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
        type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
      );
      const used = new Set(expressions.flatMap(([, expr]) => metricsIn(expr)));
      expect(used.size).toBeGreaterThan(15);
      expect([...used].filter((name) => !names.includes(name))).toEqual([]);
    } finally {
      await server.close();
    }
  });

  it.each(expressions)('%s: uses labels that docs/operations.md lists', async (_, expr) => {
    const page = await textOf('docs/operations.md');
    const labels = new Map<string, readonly string[]>();
    for (const [, names = '', ofThem = ''] of page.matchAll(/^\| ((?:`\w+`(?:, )?)+) \| ([^|]*)\|/gm)) {
      for (const [, name = ''] of names.matchAll(/`(\w+)`/g))
        labels.set(name, [...ofThem.matchAll(/\w+/g)].map(String));
    }
    for (const [, name = '', matchers = ''] of expr.matchAll(/\b(sppp_\w+)(?:\{([^}]*)\})?/g)) {
      const known = labels.get(name.replace(/_bucket$/, ''));
      expect(known, name).toBeDefined();
      const used = [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label);
      expect(used.filter((label) => ![...(known ?? []), ...ofPrometheus].includes(label ?? ''))).toEqual([]);
    }
    const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '));
    const all = [...labels.values()].flat();
    expect(grouped.filter((label) => ![...all, ...ofPrometheus].includes(label))).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('has panels with ids of their own that do not overlap', async () => {
    const parsed = JSON.parse(await textOf('deploy/monitoring/dashboard.json')) as {
      panels: { id: number; title: string; gridPos: { x: number; y: number; w: number; h: number } }[];
    };
    expect(new Set(parsed.panels.map(({ id }) => id)).size).toBe(parsed.panels.length);
    const cells = parsed.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(parsed.panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });
});

describe.skipIf(isMissing(promtool, 'test/deploy/monitoring.test.ts'))('promtool', () => {
  it('finds no fault in the rules', async () => {
    expect(await run(promtool, ['check', 'rules', pathOf('deploy/monitoring/alerts.yml')])).toContain(
      `SUCCESS: ${rules.length} rules found`,
    );
  });

  it('the rules fire when they should', async () => {
    expect(await run(promtool, ['test', 'rules', 'alerts.test.yml'], pathOf('deploy/monitoring'))).toContain('SUCCESS');
  });

  it('reads the configuration of compose', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sppp-prometheus-'));
    try {
      await cp(pathOf('deploy/compose/prometheus.yml'), join(folder, 'prometheus.yml'));
      await cp(pathOf('deploy/monitoring/alerts.yml'), join(folder, 'alerts.yml'));
      expect(await run(promtool, ['check', 'config', join(folder, 'prometheus.yml')])).toContain('SUCCESS');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
