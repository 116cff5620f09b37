import { renderPage } from '../markup/page.js';

interface LoginParts {
  /** Where to go afterwards: a path of the console. */
  readonly next: string;
  readonly username?: string;
  /** Through whom people may sign in as well. */
  readonly provider?: string | undefined;
  /** Why the last try failed. */
  readonly fault?: string;
}

/** The page where people sign in. */
export function loginPage({ next, username = '', provider, fault }: LoginParts): string {
  return renderPage({
    title: 'Sign in',
    visitor: undefined,
    children: (
      <form method="post" action="/console/login" class="narrow">
        {fault !== undefined && (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
        <input type="hidden" name="next" value={next} />
        <label>
          User name
          <input name="username" value={username} autocomplete="username" autocapitalize="none" required />
        </label>
        <label>
          Password
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        <button type="submit">Sign in</button>
        {provider !== undefined && (
          <p>
            <a href={`/console/login/provider?${new URLSearchParams({ next })}`}>Sign in through {provider}</a>
          </p>
        )}
      </form>
    ),
  });
}
