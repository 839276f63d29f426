import { afterAll, beforeAll, describe } from 'vitest'
import { driverContract } from './driver.contract.ts'
import { isType, openPlace, type Place } from './pi-fixture.ts'

let place: Place
beforeAll(async () => void (place = await openPlace()))
afterAll(() => place[Symbol.asyncDispose]())

describe('pi', () => {
  driverContract(() => ({
    driver: place.driverWith({ stopDeadlines: { shutdownMs: 100 } }),
    spec: place.spec,
    registered: (agent) => place.host.wait(agent, isType('register')),
  }))
})
