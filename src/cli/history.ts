import { Command } from 'commander';
import { readConfig } from '../config.js';
import { grantNouns } from '../model/grant.js';
import { type Event, type History, historyOf, type Named } from '../operations/history.js';
import { OperatorError } from '../operator-error.js';
import { daysBefore } from '../values/days.js';
import { digitsOf } from '../values/digits.js';
import { foldName } from '../values/fold-name.js';
import { administer } from './administer.js';
import { jsonOption, printResult } from './output.js';

const kinds = ['TN', 'TNRange', 'TNPrefix', 'RN', 'URI'] as const;

/** `sppp history`: the requests that wrote or deleted an object. */
export function historyCommand(): Command {
  return new Command('history')
    .argument('<registrant>', 'organization id')
    .argument('<type>', 'DestGrp, SedRec, SedGrp, EgrRte, SedGrpOffer, TN, TNRange, TNPrefix, RN or URI')
    .argument('<name>', 'name; digits, start-end or URI; of an offer the group')
    .argument('[offeredTo]', 'of an offer: the organization that it was made to')
    .option('--days <days>', 'days of archived requests that are searched', '30')
    .addOption(jsonOption())
    .description('print the history of an object: who wrote and deleted it, and when')
    .action(
      async (
        registrant: string,
        type: string,
        name: string,
        offeredTo: string | undefined,
        { days, ...options }: { days: string; json?: boolean },
      ) => {
        const named = namedBy(registrant, type, name, offeredTo);
        if (!/^[0-9]{1,5}$/.test(days)) throw new OperatorError(`--days ${days}: a whole number`);
        const config = readConfig(process.env);
        const since = daysBefore(new Date(), Number(days));
        await administer(config, async (_prisma, pool) => {
          const history = await historyOf(named, pool, { since, key: config.archive.key });
          printResult(options, historyValue(named, history), historyLines(named, history));
        });
      },
    );
}

/** The name of an object in the journal, from the arguments of the command. */
export function namedBy(registrant: string, type: string, name: string, offeredTo?: string): Named {
  const kind = kinds.find((each) => each === type);
  if (kind !== undefined)
    return { registrant, noun: 'PubId', key: `${kind} ${kind === 'URI' ? name : digitsIn(name)}` };
  const noun = grantNouns.find((each) => each === type);
  if (noun === undefined || noun === 'PubId') {
    throw new OperatorError(
      `type ${type}: one of ${[...grantNouns.filter((each) => each !== 'PubId'), ...kinds].join(', ')}`,
    );
  }
  if (noun !== 'SedGrpOffer') return { registrant, noun, key: foldName(name) };
  if (offeredTo === undefined) throw new OperatorError('SedGrpOffer: the group and the organization it was made to');
  return { registrant, noun, key: `${foldName(name)} to ${offeredTo}` };
}

function digitsIn(name: string): string {
  const ends = name.split('-').map((end) => {
    const digits = digitsOf(end);
    if (typeof digits !== 'string') throw new OperatorError(`number ${name}: ${digits.error}`);
    return digits;
  });
  return ends.join('-');
}

/** A line for each request that wrote or deleted the object, and its present state. */
export function historyLines({ registrant, noun, key }: Named, { events, now, unread }: History): string[] {
  const state =
    now === undefined
      ? 'not there now'
      : `there now: added ${now.cDate.toISOString()}${now.mDate === null ? '' : `, changed ${now.mDate.toISOString()}`}, registrar ${now.registrar}`;
  return [
    `${noun} ${key} of ${registrant}`,
    ...events.map(eventLine),
    state,
    ...[...unread].map(([why, count]) => `${count} archived requests could not be read: ${why}`),
  ];
}

/** The history as JSON. */
export function historyValue(named: Named, { events, now, unread }: History) {
  const eventValues = events.map(({ request: { id, ...request }, ...event }) => ({ ...event, request }));
  const { transactionId, ...stored } = now ?? { transactionId: undefined };
  const reasons = [...unread].map(([reason, requests]) => ({ reason, requests }));
  return { ...named, events: eventValues, now: now === undefined ? null : stored, unread: reasons };
}

function eventLine({ request, verbs, offersGone, referencesGone }: Event): string {
  const { receivedAt, registrar, username, code, serverTransId, failed, clientTransId } = request;
  const consequences = [
    ...(offersGone > 0 ? [`${offersGone} offers deleted with it`] : []),
    ...(referencesGone > 0 ? [`${referencesGone} references deleted with it`] : []),
    ...(failed > 0 ? [`${failed} objects of this request failed`] : []),
  ];
  const what = `${receivedAt.toISOString()}  ${verbs.join(', ')}  by ${registrar ?? 'unknown'} (${username ?? '-'})`;
  return [what, String(code ?? '-'), serverTransId, clientTransId ?? '', ...consequences]
    .filter((each) => each !== '')
    .join('  ');
}
