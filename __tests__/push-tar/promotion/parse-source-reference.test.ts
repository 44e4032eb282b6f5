import { parseSourceReference } from '../../../src/push-tar/promotion/parse-source-reference.js'

const digest = `sha256:${'0a'.repeat(32)}`

it.each([
  ['app:v1', 'app', 'v1'],
  ['team/app:1.0-rc.1', 'team/app', '1.0-rc.1'],
  [`team/app@${digest}`, 'team/app', digest],
  [`team/app:v1@${digest}`, 'team/app', digest],
  ['public.ecr.aws/a1b2c3d4/team/app:v1', 'public.ecr.aws/a1b2c3d4/team/app', 'v1'],
  ['127.0.0.1:5111/a1b2c3d4/team/app:v1', '127.0.0.1:5111/a1b2c3d4/team/app', 'v1'],
  [`[::1]:5111/a1b2c3d4/app@${digest}`, '[::1]:5111/a1b2c3d4/app', digest]
])('reads %s', (text, repository, tagOrDigest) => {
  expect(parseSourceReference(text)).toEqual({ repository, tagOrDigest })
})

it.each([
  ['team/app', 'It does not have a tag or a digest'],
  ['127.0.0.1:5111/a1b2c3d4/team/app', 'It does not have a tag or a digest'],
  ['team/app:', 'The tag is not valid'],
  ['team/app:-x', 'The tag is not valid'],
  ['team/app@sha256:abc', 'The digest is not'],
  [`team/app@${digest.toUpperCase()}`, 'The digest is not'],
  ['team/app@', 'The digest is not'],
  [`@${digest}`, 'The name of the repository is missing'],
  ['docker://public.ecr.aws/a1b2c3d4/team/app:v1', 'It has the prefix "docker://"'],
  ['team/a:1,team/b:2', 'It must name one image'],
  [':v1', 'The name of the repository is missing'],
  ['', 'The name of the repository is missing']
])('rejects %s', (text, reason) => {
  expect(() => parseSourceReference(text)).toThrow(
    new RegExp(`^Input "from" is not a reference to an image.* ${reason}`)
  )
})
