import { renderPage } from '../markup/page.js';

interface LoginParts {
  /** Where to go afterwards: a path of the console. */
  readonly next: string;
  readonly username?: string;
  /** Why the last try failed. */
  readonly fault?: string;
}

/** The page where people sign in. */
export function loginPage({ next, username = '', fault }: LoginParts): string {
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
      </form>
    ),
  });
}
