import os
import time

import httpx

API = "https://open.tiktokapis.com"


class PostFailed(Exception):
    pass


class Poster:
    def __init__(self, token, http=None, api=None, sleep=time.sleep):
        self.api = api or os.environ.get("TIKTOK_API", API)
        self.http = http or httpx.Client(timeout=20)
        self.headers = {"Authorization": "Bearer " + token}
        self.sleep = sleep

    def _post(self, path, body=None):
        answer = self.http.post(self.api + path, json=body or {}, headers=self.headers)
        try:
            data = answer.json()
        except ValueError:
            raise PostFailed(f"HTTP {answer.status_code} without JSON") from None
        if data["error"]["code"] != "ok":
            raise PostFailed(data["error"]["code"])
        return data["data"]

    def cast(self, clip, title):
        creator = self._post("/v2/post/publish/creator_info/query/")
        size = len(clip)
        started = self._post(
            "/v2/post/publish/video/init/",
            {
                "post_info": {"title": title, "privacy_level": creator["privacy_level_options"][-1]},
                "source_info": {
                    "source": "FILE_UPLOAD",
                    "video_size": size,
                    "chunk_size": size,
                    "total_chunk_count": 1,
                },
            },
        )
        for attempt in range(4):
            try:
                answer = self.http.put(
                    started["upload_url"],
                    content=clip,
                    headers={"Content-Type": "video/mp4", "Content-Range": f"bytes 0-{size - 1}/{size}"},
                )
            except httpx.TransportError:
                continue
            if answer.status_code < 500:
                break
            self.sleep(2**attempt)
        else:
            raise PostFailed("upload")
        return started["publish_id"]

    def wait(self, publish_id, patience=20):
        for _ in range(patience):
            status = self._post("/v2/post/publish/status/fetch/", {"publish_id": publish_id})
            if status["status"] == "FAILED":
                raise PostFailed(status["fail_reason"])
            if status["status"] == "PUBLISH_COMPLETE":
                return True
            self.sleep(3)
        return False
