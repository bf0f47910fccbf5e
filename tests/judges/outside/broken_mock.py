"""The mock with one wrong answer: creator info has a number for a nickname.

A judge that stays green here judges nothing.
"""

import json
import sys

import uvicorn

from tiktok_mock_server import MockTikTok

PLACE = "/v2/post/publish/creator_info/query/"


class Broken:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def spoil(message):
            if message["type"] == "http.response.start" and scope["path"] == PLACE:
                message["headers"] = [
                    pair for pair in message["headers"] if pair[0].lower() != b"content-length"
                ]
            if message["type"] == "http.response.body" and scope["path"] == PLACE and message.get("body"):
                answer = json.loads(message["body"])
                if answer.get("data", {}).get("creator_nickname"):
                    answer["data"]["creator_nickname"] = 7
                message["body"] = json.dumps(answer).encode()
            await send(message)

        await self.app(scope, receive, spoil)


if __name__ == "__main__":
    uvicorn.run(Broken(MockTikTok(frozen=False).asgi()), port=int(sys.argv[1]), log_level="error")
