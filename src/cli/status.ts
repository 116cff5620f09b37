import type { Command } from 'commander';
import { carrierAction, carrierCommand, exits } from './carrier-command.js';
import { jsonOption, printResult } from './output.js';
import { connectFrom, type LoginOptions, loginOptions } from './registry-login.js';

/** `sppp status`: asks a registry whether it is in service, and what it supports. */
export function statusCommand(): Command {
  return loginOptions(carrierCommand('status'))
    .addOption(jsonOption())
    .description('ask a registry whether it is in service')
    .action(
      carrierAction(async (options: LoginOptions & { readonly json?: boolean }) => {
        const connection = await connectFrom(options);
        try {
          const state = await connection.status();
          printResult(options, state, [
            state.serverStatus,
            ...state.majMinVersion.map((version) => `version    ${version}`),
            ...state.objURI.map((uri) => `objects    ${uri}`),
            ...state.extURI.map((uri) => `extension  ${uri}`),
          ]);
          return state.serverStatus === 'inService' ? exits.allGood : exits.nothingDone;
        } finally {
          connection.close();
        }
      }),
    );
}
