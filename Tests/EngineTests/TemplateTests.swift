// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Testing

@testable import Engine

@Suite struct TemplateTests {
  static let value = Document.record([
    .init("Id", .string("abc")),
    .init("Args", .strings(["-c", "x y"])),
    .init(
      "State",
      .record([.init("Pid", .integer(42)), .init("Running", .bool(true)), .init("Error", .string(""))])),
    .init("Labels", .map([.init("b", .string("2")), .init("a.b", .string("1"))])),
    .init(
      "Mounts",
      .list([
        .record([.init("Source", .string("/s")), .init("RW", .bool(true))]),
        .record([.init("Source", .string("/t")), .init("RW", .bool(false))]),
      ])),
    .init("None", .null),
    .init("Empty", .list([])),
  ])

  private func render(_ template: String) throws -> String { try Template(template).text(for: Self.value) }

  @Test(arguments: [
    ("{{.Id}}", "abc"), ("x{{ .State.Pid }}y", "x42y"), ("{{json .Args}}", #"["-c","x y"]"#),
    ("{{json .State}}", #"{"Pid":42,"Running":true,"Error":""}"#), ("{{.Args}}", "[-c x y]"),
    ("{{.State.Running}}", "true"), ("{{.None}}", "<nil>"), ("{{len .Args}}", "2"),
    ("{{index .Args 1}}", "x y"), (#"{{index .Labels "a.b"}}"#, "1"), (#"{{index .Labels "nosuch"}}"#, ""),
    ("{{.Labels.b}}", "2"), ("{{.Labels.nosuch}}", "<no value>"), ("{{.Labels}}", "map[a.b:1 b:2]"),
    (#"{{join .Args "|"}}"#, "-c|x y"), ("{{.Id | upper}}", "ABC"),
    ("{{.Id | upper | lower | json}}", "\"abc\""),
    (
      #"{{printf "%s-%05d|%-4s|%q|%v|%x|%%" .Id .State.Pid "a" "b\"c" .State.Running 255}}"#,
      #"abc-00042|a   |"b\"c"|true|ff|%"#
    ),
    ("{{println .Id .State.Pid}}", "abc 42\n"), ("{{print 1 2 \"a\" \"b\" 3}}", "1 2ab3"),
    ("{{range .Mounts}}{{.Source}} {{end}}", "/s /t "),
    ("{{range $i, $m := .Mounts}}{{$i}}={{$m.Source}}{{if $m.RW}}!{{end}};{{end}}", "0=/s!;1=/t;"),
    ("{{range $k, $v := .Labels}}{{$k}}={{$v}} {{end}}", "a.b=1 b=2 "),
    ("{{range .Empty}}x{{else}}none{{end}}", "none"), ("{{range .None}}x{{else}}none{{end}}", "none"),
    ("{{if .State.Error}}bad{{else if eq .State.Pid 42}}good{{else}}?{{end}}", "good"),
    ("{{if and .State.Running (gt .State.Pid 40)}}up{{end}}", "up"),
    ("{{if not .State.Running}}x{{else}}y{{end}}", "y"),
    ("{{if or .State.Error .Id}}x{{end}}", "x"), (#"{{if ne .Id "abc"}}x{{else}}y{{end}}"#, "y"),
    (#"{{eq .Id "q" "abc"}}"#, "true"), ("{{with .State}}{{.Pid}} {{$.Id}}{{end}}", "42 abc"),
    ("{{$x := .State.Pid}}{{$x}}", "42"), ("{{$x := 1}}{{range .Args}}{{$x = .}}{{end}}{{$x}}", "x y"),
    ("a {{- .Id -}} b", "aabcb"), ("a{{/* c */}}b", "ab"),
    (#"{{slice .Id 1}}{{slice .Id 0 1}}"#, "bca"), (#"{{truncate .Id 2}}"#, "ab"),
    (#"{{pad .Id 1 2}}|"#, " abc  |"),
    (#"{{index (split "a/b/c" "/") 1}}"#, "b"), (#"{{title "hello big world"}}"#, "Hello Big World"),
    (#"{{.Id}}\t{{.State.Pid}}\n"#, "abc\t42\n"), ("{{`raw`}}{{\"q\\t\"}}", "rawq\t"),
    ("{{(index .Mounts 1).Source}}", "/t"), ("{{true}} {{nil}} {{-3}}", "true <nil> -3"),
    (#"{{printf "%s %s" .Id .State.Pid}}"#, "abc 42"), ("{{len .Labels}}{{len .Id}}", "23"),
  ])
  func output(_ template: String, _ expected: String) throws {
    #expect(try render(template) == expected)
  }

  @Test(arguments: [
    ("{{.Nosuch}}", "there is no field .Nosuch; there are Id, Args"),
    ("{{.State.Nosuch}}", "there is no field .Nosuch"),
    ("{{.Id.x}}", "has no fields"), ("{{.None.x}}", "is null"), ("{{", "not closed by }}"),
    ("{{.Id", "not closed by }}"),
    ("{{}}", "a value is missing"), ("{{end}}", "unexpected {{end}}"), ("{{if .Id}}x", "has no {{end}}"),
    ("{{range}}{{end}}", "needs a value"), ("{{else}}", "unexpected {{else}}"),
    ("{{frob .Id}}", #"no function "frob""#),
    ("{{.Id | }}", "a value is missing"), ("{{| .Id}}", "missing before |"),
    ("{{(.Id}}", "parenthesis is not closed"),
    ("{{.Id)}}", "unexpected )"), ("{{index .Args 9}}", "out of range"),
    ("{{index .Args -1}}", "out of range"),
    ("{{$x}}", "$x is not defined"), ("{{\"abc}}", "double quote is not closed"), ("{{`abc}}", "backquote"),
    ("{{printf \"%d\" .Id}}", "%d takes a number"), ("{{printf \"%s\"}}", "too few"),
    ("{{printf \"x\" 1}}", "too many"),
    ("{{printf \"%99999d\" 1}}", "width"), ("{{template \"x\"}}", "not supported"),
    ("{{.Id .Args}}", "only a function"),
    ("{{lt .Id 1}}", "cannot be compared"), ("{{range .Id}}{{end}}", "range cannot go through"),
    ("{{/* x}}", "not closed"),
    ("{{.Id; }}", "unexpected character"), ("{{slice .Id 9}}", "out of range"), ("{{len true}}", "len takes"),
    ("{{99999999999999999999}}", "is no number"), ("{{.State..Pid}}", "name is missing behind a dot"),
    ("{{range $a, $b, $c := .Args}}{{end}}", "too many variables"),
  ])
  func errors(_ template: String, _ reason: String) {
    let message = failure { () throws(EngineError) in try Template(template).text(for: Self.value) }
    #expect(message.contains(reason), "\(message)")
    #expect(message.hasPrefix("--format"))
  }

  @Test func depthIsBounded() {
    let nested = String(repeating: "{{if true}}", count: 1000) + String(repeating: "{{end}}", count: 1000)
    #expect(failure { () throws(EngineError) in try Template(nested) }.contains("nested deeper"))
    let parentheses =
      "{{" + String(repeating: "(", count: 1000) + "1" + String(repeating: ")", count: 1000) + "}}"
    #expect(failure { () throws(EngineError) in try Template(parentheses) }.contains("nested deeper"))
  }
}
