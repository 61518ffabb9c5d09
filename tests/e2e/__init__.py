"""`make e2e`: the images on a real node, installed as the README says, through the whole loop, with pods killed on the way.

Reading order: `__main__` builds the images and starts `inside` apart from the machine; `inside` boots the node and runs
the steps of `walk`; `scene` is what they act on; `results` keeps and tells how each step went.
"""
