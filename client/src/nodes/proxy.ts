import { workspace } from 'vscode';

/** The environment with the proxies of VS Code's settings in it, which come before its own variables, as in VS Code itself. */
export function withProxies(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const http = workspace.getConfiguration('http');
  const proxy = http.get<string>('proxy', '').trim();
  const without = http.get<readonly string[]>('noProxy', []);
  if (http.get<string>('proxySupport') === 'off') return env;
  return {
    ...env,
    ...(proxy !== '' && { http_proxy: proxy, https_proxy: proxy }),
    ...(without.length > 0 && { no_proxy: without.join(',') }),
  };
}
