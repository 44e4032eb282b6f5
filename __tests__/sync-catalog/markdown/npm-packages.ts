import { execFile } from 'node:child_process'
import { mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Packages whose READMEs are long or use unusual Markdown and HTML. The versions make a run reproducible. */
const PACKAGES = `
ajv@8.20.0
archiver@8.0.0
async@3.2.6
aws-sdk-client-mock@4.1.0
axios@1.21.1
babel-loader@10.1.1
bluebird@3.7.2
bullmq@6.7.0
chalk@5.6.2
cheerio@1.2.0
chokidar@5.0.0
commander@14.0.3
concurrently@9.2.5
cors@2.8.6
css-loader@7.1.5
cytoscape@3.35.0
date-fns@4.4.0
dayjs@1.11.23
debug@4.4.3
ejs@7.0.2
esbuild@0.28.2
eslint-plugin-import@2.32.0
eslint-plugin-jsx-a11y@6.10.2
eslint-plugin-n@18.5.0
eslint-plugin-react@7.37.5
eslint-plugin-unicorn@65.0.1
execa@9.6.1
express@5.3.0
fastify@5.12.8
fs-extra@11.4.1
glob@14.0.6
got@14.6.6
handlebars@4.7.10
helmet@8.3.0
http-proxy-middleware@3.0.11
husky@9.1.7
i18next@26.7.2
immer@11.2.13
immutable@5.2.1
inquirer@14.2.5
ioredis@6.0.0
jest@30.5.2
joi@18.3.2
jsdom@29.1.1
jszip@3.10.2
knex@3.3.0
ky@1.14.3
lint-staged@16.4.0
lodash@4.18.1
luxon@3.7.2
markdown-it@15.0.3
marked@18.2.1
minimatch@11.0.9
moment@2.31.0
mongoose@9.12.1
morgan@1.12.1
multer@2.5.0
mysql2@3.24.6
nanoid@5.1.16
node-fetch@3.3.2
nodemailer@10.6.1
nodemon@3.1.14
nunjucks@3.2.4
@octokit/rest@22.0.1
ora@9.4.1
passport@0.7.0
pg@8.23.1
pino@10.4.0
pm2@7.0.4
prettier@3.10.1
prisma@7.10.1
puppeteer@24.43.1
ramda@0.32.0
react-hook-form@7.92.0
react-select@5.10.2
redis@6.3.1
redux@5.0.1
@reduxjs/toolkit@2.15.0
remark@15.0.1
rollup@4.68.8
rxjs@7.8.2
semver@7.8.6
sequelize@6.37.8
sharp@0.35.5
shelljs@0.10.0
socket.io@4.8.4
stylelint@17.16.0
@tanstack/react-query@5.108.4
terser@5.51.4
three@0.187.0
ts-jest@29.4.15
typedoc@0.28.20
underscore@1.13.8
undici@7.30.2
uuid@14.0.3
validator@13.15.35
vite@8.4.0
vue-router@5.5.1
webpack@5.113.0
winston@3.19.0
ws@8.23.0
xlsx@0.18.5
yargs@18.2.0
zod@4.6.7
`
  .trim()
  .split('\n')

/** The maximum size of a README or a list of files, in bytes. */
const MAX_BYTES = 16 * 1024 * 1024

/** A README and the package that it comes from. */
export interface NpmReadme {
  readonly name: string
  readonly bytes: Buffer
}

/** Downloads packages from the npm registry and returns their READMEs. */
export async function downloadReadmes(): Promise<NpmReadme[]> {
  const directory = await mkdtemp(join(tmpdir(), 'npm-readmes-'))
  const options = ['pack', '--silent', '--ignore-scripts', '--pack-destination', directory]
  await run('npm', [...options, ...PACKAGES], { shell: process.platform === 'win32' })
  const readmes: NpmReadme[] = []
  for (const name of (await readdir(directory)).sort()) {
    const archive = join(directory, name)
    const { stdout: list } = await run('tar', ['-tzf', archive], { maxBuffer: MAX_BYTES })
    const path = list
      .split(/\r?\n/)
      .find((found) => /^[^/]+\/readme\.(?:md|markdown)$/i.test(found))
    if (path === undefined) continue
    const { stdout: bytes } = await run('tar', ['-xzOf', archive, path], {
      encoding: 'buffer',
      maxBuffer: MAX_BYTES
    })
    readmes.push({ name, bytes })
  }
  return readmes
}
