# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Images made here: nothing can be pulled."""
import hashlib
import io
import json
import tarfile

NAME = "docker.io/library/busy:latest"


def archive(tree, target):
    """A tar archive of a tree."""
    with tarfile.open(target, "w") as tar:
        tar.add(tree, arcname=".")
    return target


def layout(layer, target, image_name=NAME, command=("sh",)):
    """An OCI image layout of one layer (image-spec, "image-layout.md"), as `ctr image import` takes it."""
    blobs = {}

    def blob(data, kind):
        digest = hashlib.sha256(data).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = data
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(data)}

    content = blob(layer.read_bytes(), "layer.v1.tar")
    config = blob(json.dumps({
        "architecture": "amd64", "os": "linux", "config": {"Cmd": list(command), "Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [content["digest"]]}}).encode(), "config.v1+json")
    manifest = blob(json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config,
        "layers": [content]}).encode(), "manifest.v1+json")
    manifest["annotations"] = {"io.containerd.image.name": image_name}
    blobs["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode()
    blobs["oci-layout"] = b'{"imageLayoutVersion":"1.0.0"}'
    with tarfile.open(target, "w") as tar:
        for name, data in blobs.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return target
