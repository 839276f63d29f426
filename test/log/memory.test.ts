import { memoryStore } from '../../src/log/memory.ts'
import { conformance } from './conformance.ts'

conformance('the memory store', memoryStore)
