// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

@testable import Networking

/// A hosts file behind its length, then the length of a question, the question, and what another server says to it.
func tryNames(_ bytes: [UInt8]) {
  var rest = bytes[...]
  func take() -> [UInt8] {
    let length = rest.prefix(2).reduce(0) { $0 << 8 | Int($1) }
    rest = rest.dropFirst(2)
    defer { rest = rest.dropFirst(length) }
    return Array(rest.prefix(length))
  }
  let table = HostsTable(take())
  let message = take()
  let question: NameQuestion
  do throws(NameQuestion.Refusal) { question = try NameQuestion(message) } catch {
    guard let answer = error.answer else { return }
    return demandAnswer(answer, to: message)
  }
  demand(question.mostBytes >= 512 && question.mostBytes <= 65535, "limit \(question.mostBytes)")
  for limit in [question.mostBytes, 65535] {
    let records = table.records(for: question)
    let answer = question.answer(records ?? [], code: records == nil ? .failure : .success, limit: limit)
    demandAnswer(answer, to: message)
    demand(answer.count <= max(limit, message.count + 11), "\(answer.count) bytes of \(limit)")
    let isWhole = answer[2] & 0x02 == 0
    let count = Int(answer[6]) << 8 | Int(answer[7])
    demand(count == records?.count ?? 0 || !isWhole, "an answer that is cut off does not say so")
  }
  let said = Array(rest)
  guard let answer = question.relayed(said, numbered: 0x1234) else { return }
  demandAnswer(answer, to: message)
  demand(answer[2..<4] == said[2..<4], "an answer that is not as it came")
  _ = NameQuestion.isUseless(answer)
}

private func demandAnswer(_ answer: [UInt8], to message: [UInt8]) {
  demand(answer.count >= 12 && answer[..<2] == message[..<2] && answer[2] & 0x80 != 0, "no answer: \(answer)")
  // Two servers of this kind would otherwise talk to each other for ever.
  do throws(NameQuestion.Refusal) {
    _ = try NameQuestion(answer)
    demand(false, "an answer that is a question")
  } catch { demand(error.answer == nil, "an answer that is answered") }
}
