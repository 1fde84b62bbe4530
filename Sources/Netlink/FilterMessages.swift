// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Linux

// Messages of nf_tables. They are taken in batches only, see `NetlinkSocket.commit`.
extension NetlinkMessage {
  /// Makes a table, or leaves one of the name as it is.
  public static func add(_ table: FilterTable) -> NetlinkMessage {
    var message = filter("NFT_MSG_NEWTABLE", NFT_MSG_NEWTABLE, NLM_F_CREATE, table, object: table.name)
    message.put(number(NFTA_TABLE_NAME), table.name)
    message.put(number(NFTA_TABLE_FLAGS), network: UInt32(0))
    return message
  }

  /// Removes a table with all that is in it.
  public static func delete(_ table: FilterTable) -> NetlinkMessage {
    var message = filter("NFT_MSG_DELTABLE", NFT_MSG_DELTABLE, 0, table, object: table.name)
    message.put(number(NFTA_TABLE_NAME), table.name)
    return message
  }

  /// - Parameter id: Unique in the batch.
  public static func add(_ set: FilterSet, id: UInt32, to table: FilterTable) -> NetlinkMessage {
    var message = filter(
      "NFT_MSG_NEWSET", NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_EXCL, table, object: "set \(set.name)")
    message.put(number(NFTA_SET_TABLE), table.name)
    message.put(number(NFTA_SET_NAME), set.name)
    message.put(number(NFTA_SET_FLAGS), network: set.isMap ? NFT_SET_MAP.rawValue : UInt32(0))
    message.put(number(NFTA_SET_KEY_TYPE), network: FilterField.printedAs(set.key))
    message.put(number(NFTA_SET_KEY_LEN), network: UInt32(truncatingIfNeeded: FilterField.length(set.key)))
    if set.isMap {
      message.put(number(NFTA_SET_DATA_TYPE), network: FilterField.printedAs(set.value))
      message.put(
        number(NFTA_SET_DATA_LEN), network: UInt32(truncatingIfNeeded: FilterField.length(set.value)))
    }
    message.put(number(NFTA_SET_ID), network: id)
    return message
  }

  /// Puts elements into a set. One that is there with the same value is left as it is; another value is refused.
  public static func add(_ elements: [FilterElement], to set: String, of table: FilterTable) -> NetlinkMessage
  {
    elementMessage("NFT_MSG_NEWSETELEM", NFT_MSG_NEWSETELEM, NLM_F_CREATE, elements, set, table)
  }

  /// Takes elements out; one that is not there is refused.
  public static func delete(_ elements: [FilterElement], from set: String, of table: FilterTable)
    -> NetlinkMessage
  {
    elementMessage("NFT_MSG_DELSETELEM", NFT_MSG_DELSETELEM, 0, elements, set, table)
  }

  private static func elementMessage(
    _ name: String, _ type: nf_tables_msg_types, _ flags: Int32, _ elements: [FilterElement], _ set: String,
    _ table: FilterTable
  ) -> NetlinkMessage {
    var message = filter(name, type, flags, table, object: "set \(set)")
    message.put(number(NFTA_SET_ELEM_LIST_TABLE), table.name)
    message.put(number(NFTA_SET_ELEM_LIST_SET), set)
    message.nest(number(NFTA_SET_ELEM_LIST_ELEMENTS)) {
      for element in elements {
        $0.nest(number(NFTA_LIST_ELEM)) {
          $0.put(number(NFTA_SET_ELEM_KEY), value: element.key.flatMap { $0.bytes })
          if !element.value.isEmpty {
            $0.put(number(NFTA_SET_ELEM_DATA), value: element.value.flatMap { $0.bytes })
          }
        }
      }
    }
    return message
  }

  public static func add(_ chain: FilterChain, to table: FilterTable) -> NetlinkMessage {
    var message = filter(
      "NFT_MSG_NEWCHAIN", NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, table, object: "chain \(chain.name)")
    message.put(number(NFTA_CHAIN_TABLE), table.name)
    message.put(number(NFTA_CHAIN_NAME), chain.name)
    guard let hook = chain.hook else { return message }
    message.nest(number(NFTA_CHAIN_HOOK)) {
      $0.put(number(NFTA_HOOK_HOOKNUM), network: hook.place.number(table.family))
      $0.put(number(NFTA_HOOK_PRIORITY), network: hook.priority.number)
    }
    message.put(number(NFTA_CHAIN_POLICY), network: cl_nf_accept)
    message.put(number(NFTA_CHAIN_TYPE), hook.type.rawValue)
    return message
  }

  /// Appends a rule to a chain.
  public static func add(_ rule: FilterRule, to chain: String, of table: FilterTable) -> NetlinkMessage {
    let what = rule.comment.isEmpty ? "chain \(chain)" : "chain \(chain): \(rule.comment)"
    var message = filter("NFT_MSG_NEWRULE", NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, table, object: what)
    message.put(number(NFTA_RULE_TABLE), table.name)
    message.put(number(NFTA_RULE_CHAIN), chain)
    message.nest(number(NFTA_RULE_EXPRESSIONS)) {
      for expression in rule.expressions {
        $0.nest(number(NFTA_LIST_ELEM)) {
          $0.put(number(NFTA_EXPR_NAME), expression.name)
          $0.nest(number(NFTA_EXPR_DATA)) { $0.putData(of: expression) }
        }
      }
    }
    if !rule.comment.isEmpty {
      // As nft(8) writes it: type 0, length, text with NUL.
      let text = Array(rule.comment.utf8.prefix(127)) + [0]
      message.put(number(NFTA_RULE_USERDATA), [0, UInt8(text.count)] + text)
    }
    return message
  }

  /// Asks for a table (`NFT_MSG_GETTABLE`).
  static func get(_ table: FilterTable) -> NetlinkMessage {
    var message = filter("NFT_MSG_GETTABLE", NFT_MSG_GETTABLE, 0, table, object: table.name)
    message.put(number(NFTA_TABLE_NAME), table.name)
    return message
  }

  /// Asks for all rules of a table.
  static func dumpRules(of table: FilterTable) -> NetlinkMessage {
    var message = filter("NFT_MSG_GETRULE", NFT_MSG_GETRULE, NLM_F_DUMP, table, object: table.name)
    message.put(number(NFTA_RULE_TABLE), table.name)
    return message
  }

  private static func filter(
    _ name: String, _ type: nf_tables_msg_types, _ flags: Int32, _ table: FilterTable, object: String
  ) -> NetlinkMessage {
    var message = NetlinkMessage(
      name, type: UInt16(NFNL_SUBSYS_NFTABLES) << 8 | number(type), flags: flags,
      object: "table \(table.family.rawValue) \(object)")
    var header = nfgenmsg()
    header.nfgen_family = table.family.number
    header.version = UInt8(NFNETLINK_V0)
    message.append(header)
    return message
  }

  static func batch(begins: Bool) -> NetlinkMessage {
    var message = NetlinkMessage(
      begins ? "NFNL_MSG_BATCH_BEGIN" : "NFNL_MSG_BATCH_END",
      type: UInt16(begins ? NFNL_MSG_BATCH_BEGIN : NFNL_MSG_BATCH_END), flags: 0)
    var header = nfgenmsg()
    header.version = UInt8(NFNETLINK_V0)
    header.res_id = UInt16(NFNL_SUBSYS_NFTABLES).bigEndian
    message.append(header)
    return message
  }

  /// Messages that put a table in the place of what is there under its name: all of it or, if the kernel refuses
  /// anything, nothing.
  public static func replace(
    _ table: FilterTable, sets: [FilterSet], elements: [String: [FilterElement]], chains: [FilterChain]
  ) -> [NetlinkMessage] {
    // Adding first makes deleting succeed when there is none.
    var result: [NetlinkMessage] = [.add(table), .delete(table), .add(table)]
    for (id, set) in sets.enumerated() {
      result.append(.add(set, id: UInt32(id + 1), to: table))
      // An attribute ends at 64 KiB.
      var rest = (elements[set.name] ?? [])[...]
      while !rest.isEmpty {
        result.append(.add(Array(rest.prefix(256)), to: set.name, of: table))
        rest = rest.dropFirst(256)
      }
    }
    // All chains before all rules, which may jump forwards.
    result += chains.map { .add($0, to: table) }
    for chain in chains { result += chain.rules.map { .add($0, to: chain.name, of: table) } }
    return result
  }
}

extension NetlinkSocket {
  /// Carries out messages of nf_tables as one transaction: packets see the rules before or the rules after.
  ///
  /// - Throws: ``NetlinkError``, the first; then nothing has changed.
  public func commit(_ messages: [NetlinkMessage]) throws(NetlinkError) {
    guard let last = messages.last else { return }
    try sendTransaction(
      [.batch(begins: true)] + messages.dropLast() + [last.acknowledged, .batch(begins: false)])
  }

  /// Whether there is such a table.
  public func exists(_ table: FilterTable) throws(NetlinkError) -> Bool {
    do {
      return try !query(.get(table)).isEmpty
    } catch {
      if error.errno == .noEntry { return false }
      throw error
    }
  }

  /// How many rules a table has; 0 when there is no such table.
  public func countRules(of table: FilterTable) throws(NetlinkError) -> Int {
    do {
      return try query(.dumpRules(of: table)).count
    } catch {
      if error.errno == .noEntry { return 0 }
      throw error
    }
  }
}
