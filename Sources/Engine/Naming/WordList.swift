// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Words for generated container names: how birds are, and birds and what belongs to them.
enum WordList {
  static let adjectives = [
    "able", "agile", "airy", "alert", "amber", "ample", "awake", "azure", "bold", "brave", "breezy", "bright",
    "brisk", "calm", "candid", "careful", "cheery", "clear", "clever", "cosy", "crisp", "curious", "daring",
    "dapper", "deft", "downy", "eager", "early", "earnest", "easy", "fair", "fearless", "feathered", "fine",
    "fleet", "fluffy", "fresh", "friendly", "frosty", "gentle", "gifted", "glad", "gleaming", "golden",
    "graceful",
    "grand", "happy", "hardy", "hasty", "hidden", "honest", "humble", "idle", "jaunty", "jolly", "keen",
    "kind",
    "late", "lean", "light", "lively", "lofty", "loud", "loyal", "lucky", "mellow", "merry", "mighty", "mild",
    "misty", "modest", "nesting", "nimble", "noble", "northern", "patient", "perky", "placid", "plucky",
    "polite",
    "proud", "quick", "quiet", "rapid", "ready", "restless", "robust", "rosy", "ruddy", "rustic", "scarlet",
    "serene", "sharp", "silent", "silver", "singing", "sleek", "sleepy", "slender", "smart", "snowy",
    "soaring",
    "solid", "southern", "speckled", "spry", "steady", "still", "sturdy", "subtle", "sunny", "supple",
    "swift",
    "tame", "tender", "thrifty", "tidy", "tiny", "tranquil", "upbeat", "valiant", "vivid", "wakeful",
    "wandering",
    "warm", "wary", "western", "wild", "wily", "windy", "wise", "witty", "young", "zesty",
  ]

  static let nouns = [
    "albatross", "auk", "avocet", "barbet", "bittern", "blackbird", "bluetit", "bower", "brambling",
    "bullfinch",
    "bunting", "bustard", "buzzard", "canary", "cassowary", "chaffinch", "chick", "chickadee", "chough",
    "cockatoo",
    "condor", "coot", "cormorant", "corncrake", "crane", "crossbill", "crow", "cuckoo", "curlew", "dabchick",
    "dipper", "dotterel", "dove", "duck", "dunlin", "dunnock", "eagle", "egret", "eider", "emu", "falcon",
    "feather", "fieldfare", "finch", "firecrest", "flamingo", "fledgling", "flycatcher", "fulmar", "gadwall",
    "gannet", "godwit", "goldcrest", "goose", "goshawk", "grebe", "grouse", "guillemot", "gull", "harrier",
    "hawk", "heron", "hoopoe", "hornbill", "ibis", "jackdaw", "jay", "kestrel", "kingfisher", "kite",
    "kittiwake",
    "kiwi", "knot", "lapwing", "lark", "linnet", "loon", "lyrebird", "macaw", "magpie", "mallard", "martin",
    "merlin", "moorhen", "nest", "nighthawk", "nightingale", "nutcracker", "nuthatch", "oriole", "osprey",
    "ostrich", "ouzel", "owl", "oystercatcher", "parrot", "partridge", "peacock", "pelican", "penguin",
    "perch",
    "petrel", "pheasant", "pigeon", "pintail", "pipit", "plover", "puffin", "quail", "quill", "rail", "raven",
    "redpoll", "redshank", "redstart", "robin", "roller", "rook", "sanderling", "sandpiper", "shearwater",
    "shelduck", "shrike", "siskin", "skua", "snipe", "sparrow", "spoonbill", "starling", "stilt", "stonechat",
    "stork", "swallow", "swan", "swift", "teal", "tern", "thrush", "toucan", "treecreeper", "turnstone",
    "twite",
    "vulture", "wagtail", "warbler", "waxwing", "wheatear", "whimbrel", "whinchat", "whitethroat", "widgeon",
    "wing", "woodcock", "woodlark", "woodpecker", "wren", "wryneck", "yellowhammer",
  ]
}
