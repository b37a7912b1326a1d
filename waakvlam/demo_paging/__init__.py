"""The whole chain from a plug that is pulled to the mail in somebody's box, on real parts, measured."""
