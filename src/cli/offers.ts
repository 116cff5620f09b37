import { type Command, Option } from 'commander';
import type { SedGrpOffer } from '../client/connect.js';
import { offerStatuses } from '../model/sed-grp-offer.js';
import { carrierAction, carrierCommand, type ExitCode, exits } from './carrier-command.js';
import { jsonOption, printResult, warn } from './output.js';
import { connectFrom, type LoginOptions, loginOptions } from './registry-login.js';
import { tableLines } from './table-lines.js';

interface Options extends LoginOptions {
  readonly by?: readonly string[];
  readonly to?: readonly string[];
  readonly status?: (typeof offerStatuses)[number];
  readonly json?: boolean;
}

const repeated = (value: string, before: readonly string[] = []) => [...before, value];

/** `sppp offers`: the offers of SED groups that the login may see. */
export function offersCommand(): Command {
  return loginOptions(
    carrierCommand('offers')
      .option('--by <orgId>', 'only offers by this organization; repeatable', repeated)
      .option('--to <orgId>', 'only offers to this organization; repeatable', repeated)
      .addOption(new Option('--status <status>', 'only offers in this status').choices(offerStatuses)),
  )
    .addOption(jsonOption())
    .description('list the offers of SED groups')
    .action(carrierAction(listOffers));
}

async function listOffers({ by, to, status, json = false, ...login }: Options): Promise<ExitCode> {
  const connection = await connectFrom(login);
  try {
    const { code, message, objects } = await connection.offers({
      ...(by === undefined ? {} : { offeredBy: by }),
      ...(to === undefined ? {} : { offeredTo: to }),
      ...(status === undefined ? {} : { status }),
    });
    const offers = objects.filter((object) => object.kind === 'SedGrpOfferType');
    const lines = offers.length === 0 ? ['no offers'] : tableLines(offers.map(offerCells));
    printResult({ json }, { code, message, offers }, code === 1000 ? lines : []);
    if (code === 1000) return exits.allGood;
    warn(message);
    return exits.nothingDone;
  } finally {
    connection.close();
  }
}

function offerCells({ sedGrpOfferKey, status, offerDateTime, acceptDateTime = '' }: SedGrpOffer) {
  const { sedGrpKey, offeredTo } = sedGrpOfferKey;
  const key = { 'offered by': sedGrpKey.rant, 'SED group': sedGrpKey.name, 'offered to': offeredTo };
  return { ...key, status, offered: offerDateTime, accepted: acceptDateTime };
}
