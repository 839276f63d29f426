import { test } from 'vitest'
import { takesEverything } from './takes-everything.ts'

test('a program that can take everything takes 1,000 schedules of it', () => takesEverything(1_000))
