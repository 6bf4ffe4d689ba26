-- The number of the advisory lock of a task is this number plus its id.
5764607523034234880
