import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { findOrganizationId } from '../../registry/find/organizations.js';
import { readActivity, readRegistrarActivity } from '../../registry/journal/activity.js';
import { found } from '../../values/found.js';
import { sendPage, visitorOf } from '../exchange.js';
import { type Query, shown, textIn } from '../query.js';
import type { Visitor } from '../visitor.js';
import { chartsOf, periods, slotsOf } from './chart.js';
import { chartsPage, type ShownChart } from './charts-page.js';
import { drawChart } from './echarts.js';
import { slotTime } from './slot-time.js';

/** Registrars in the table. */
const MAX_REGISTRARS = 200;

interface ChartParts {
  readonly pool: Pool;
  readonly clock: () => Date;
}

/** Charts of what was asked and what came of it: a registrar's own, for operators those of all and of each. */
export function addCharts(scope: FastifyInstance, { pool, clock }: ChartParts): void {
  for (const period of periods) {
    scope.get<{ Querystring: Query }>(`/console/charts/${period.name}`, async (request, reply) => {
      const visitor = visitorOf(request);
      const { registrar, registrarId } = shown(await registrarIn(pool, textIn(request.query, 'registrar'), visitor));
      const slots = slotsOf(period, clock());
      const span = { seconds: period.seconds, since: found(slots[0], 'the first slot') };
      const [rows, byRegistrar] = await Promise.all([
        readActivity(pool, span, registrarId),
        registrar === undefined ? readRegistrarActivity(pool, span, MAX_REGISTRARS) : [],
      ]);
      const labels = slots.map((slot) => slotTime(slot, period, 'short'));
      const charts: ShownChart[] = [];
      for (const chart of chartsOf(rows, slots)) {
        charts.push({ chart, drawing: chart.series.length === 0 ? undefined : await drawChart(chart, labels) });
      }
      return sendPage(request, reply, chartsPage({ period, registrar, slots, charts, byRegistrar, visitor }));
    });
  }
}

interface Registrar {
  /** Undefined: all. */
  readonly registrar?: string;
  readonly registrarId?: number;
}

/** Whose charts are asked for; undefined if there is no such registrar that the visitor may see. */
async function registrarIn(pool: Pool, asked: string, visitor: Visitor): Promise<Registrar | undefined> {
  if (visitor.kind === 'registrar') {
    const { registrar, registrarId } = visitor.caller;
    return asked === '' || asked === registrar ? { registrar, registrarId } : undefined;
  }
  if (asked === '') return {};
  const registrarId = await findOrganizationId(pool, asked);
  return registrarId === undefined ? undefined : { registrar: asked, registrarId };
}
