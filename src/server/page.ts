import type { Handler } from './routes.ts';
import type { Site } from './site.ts';
export function page(site: Site): Handler {
  return (_q, r) => site.outbox.push(r, 200, ['Content-Type', 'text/html'], 'todo');
}
