import { z } from 'zod';
import { blockWorld, type Method, method, record, records, SlackError } from '../call.ts';
import { checkBlocks, checkView } from '../check-blocks.ts';

const authTest = method({ token: 'bot' }, z.unknown(), (_, { workspace, url }) => ({
  url: `${url()}/`,
  team: 'Sandbox',
  user: workspace.app.name.toLowerCase(),
  team_id: workspace.app.teamId,
  user_id: workspace.app.botUserId,
  bot_id: workspace.app.botId,
  is_enterprise_install: false,
}));

// Tier 1 on paper (one a minute); ten connections at a start are normal, so bursts are let through.
const openConnection = method({ token: 'app', perMinute: 30 }, z.unknown(), (_, { sockets, url }) => ({
  url: sockets.createTicket(url()),
}));

const apiTest = method({ token: 'none' }, z.looseObject({ error: z.string().optional() }), (args) => {
  if (args.error !== undefined) throw new SlackError(args.error);
  return { args: JSON.parse(JSON.stringify(args)) };
});

const botInfo = method(
  { token: 'bot', scope: 'users:read', perMinute: 50 },
  z.object({ bot: z.string().optional() }),
  (args, { workspace }) => {
    const { app } = workspace;
    if (args.bot !== undefined && args.bot !== app.botId) throw new SlackError('bot_not_found');
    return {
      bot: {
        id: app.botId,
        deleted: false,
        name: app.name,
        updated: 0,
        app_id: app.appId,
        user_id: app.botUserId,
        icons: {},
      },
    };
  },
);

const teamInfo = method({ token: 'bot', scope: 'team:read', perMinute: 50 }, z.unknown(), (_, { workspace, url }) => ({
  team: {
    id: workspace.app.teamId,
    name: 'Sandbox',
    url: `${url()}/`,
    domain: workspace.app.teamDomain,
    email_domain: '',
    icon: { image_default: true },
    is_verified: false,
  },
}));

const validate = method(
  { token: 'none' },
  z.object({ blocks: records.optional(), message: record.optional(), view: record.optional() }),
  (args, slack) => {
    const world = blockWorld(slack);
    const blocks = args.blocks ?? args.message?.blocks;
    const problems =
      args.view === undefined ? checkBlocks(blocks, { surface: 'message', ...world }) : checkView(args.view, world);
    if (problems.length === 0) return {};
    const errors = problems.map((problem) => {
      const [, message = problem, pointer = ''] = problem.match(/^\[ERROR\] (.*) \[json-pointer:(.*)\]$/) ?? [];
      return { pointer, code: 'invalid', message };
    });
    throw new SlackError(args.view === undefined ? 'invalid_blocks' : 'invalid_view', { errors });
  },
);

export const app: Readonly<Record<string, Method>> = {
  'api.test': apiTest,
  'auth.test': authTest,
  'apps.connections.open': openConnection,
  'bots.info': botInfo,
  'team.info': teamInfo,
  'blocks.validate': validate,
};
