import { Command } from 'commander';
import { readConfig } from '../config.js';
import { readEnumSettings } from '../enum/settings.js';
import { announceEnum, answerEnum, reachEnumDatabase } from './answer-enum.js';
import { openLog } from './log.js';
import { jsonOption } from './output.js';
import { stopped } from './stopped.js';

/** `sppp enum`: answers ENUM questions over DNS until SIGINT or SIGTERM. */
export function enumCommand(): Command {
  return new Command('enum')
    .description('answer ENUM questions over DNS (RFC 6116); settings are SPPP_ENUM_…, see docs/enum.md')
    .addOption(jsonOption())
    .action(async (options: { json?: boolean }) => {
      const config = readConfig(process.env);
      const settings = readEnumSettings(process.env);
      if (config.workers > 1) {
        const { answerEnumByWorkers } = await import('./by-workers.js');
        return answerEnumByWorkers(config, settings, options);
      }
      const stop = stopped();
      const log = openLog(config);
      const { urls, close } = await reachEnumDatabase(config);
      try {
        const ready = (addresses: Parameters<typeof announceEnum>[1]) => announceEnum(settings, addresses, options);
        await answerEnum(config, settings, urls, { log, stop, ready });
      } finally {
        await close();
      }
    });
}
