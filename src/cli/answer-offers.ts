import type { Command } from 'commander';
import { isKeyFault, offerKeyOf, readKey } from '../forms/key-text.js';
import type { SedGrpOfferKey } from '../model/key.js';
import { OperatorError } from '../operator-error.js';
import { carrierAction, carrierCommand } from './carrier-command.js';
import { changeByKeys, faultLine, type KeyOptions, registrantFor } from './outcome.js';
import { jsonOption } from './output.js';
import { loginOptions } from './registry-login.js';

interface Options extends Omit<KeyOptions, 'rant'> {
  readonly to?: string;
}

/** `sppp accept`: accepts offers of SED groups. */
export function acceptCommand(): Command {
  return answerCommand('accept', 'accept offers of SED groups');
}

/** `sppp reject`: rejects offers of SED groups, also such as were accepted before. */
export function rejectCommand(): Command {
  return answerCommand('reject', 'reject offers of SED groups; an offer that was accepted ends');
}

function answerCommand(verb: 'accept' | 'reject', description: string): Command {
  return loginOptions(
    carrierCommand(verb)
      .argument('<offer...>', 'organization and SED group, such as iana-en:222:INGRESS_WEST')
      .option('--to <orgId>', 'organization that receives the offer; default: rant of the profile'),
  )
    .addOption(jsonOption())
    .description(description)
    .addHelpText(
      'after',
      '\nsppp offers lists the offers. A key as sppp get takes it will do: sedGrpOffer:iana-en:222:INGRESS_WEST/iana-en:111',
    )
    .action(
      carrierAction(async (texts: string[], { to, ...options }: Options) => {
        const offers = offersFrom(texts, to ?? (await registrantFor(options)));
        return changeByKeys(options, texts, (connection) => connection[verb](offers));
      }),
    );
}

/** Throws OperatorError with a line for each text that names no offer. */
function offersFrom(texts: readonly string[], offeredTo: string | undefined): SedGrpOfferKey[] {
  const read = texts.map((text) => offerFrom(text, offeredTo));
  const faults = read.filter((each) => typeof each === 'string');
  if (faults.length > 0) throw new OperatorError(faults.join('\n'));
  return read.filter((each) => typeof each !== 'string');
}

/** The offer that a text names, or why it names none. */
function offerFrom(text: string, offeredTo: string | undefined): SedGrpOfferKey | string {
  const [, rant, group] = /^([^:]+:[^:]+):(.+)$/s.exec(text) ?? [];
  if (/^sedGrpOffer:/.test(text)) {
    const key = readKey(text, undefined);
    if (isKeyFault(key)) return faultLine(text, key);
    if (key.kind === 'SedGrpOfferKeyType') return key;
  }
  if (rant === undefined || group === undefined) return `${text}: organization:group, such as iana-en:222:INGRESS_WEST`;
  if (offeredTo === undefined) return `${text}: --to: the organization that it is offered to, such as iana-en:111`;
  const key = offerKeyOf(rant, group, offeredTo);
  return isKeyFault(key) ? faultLine(text, key) : key;
}
