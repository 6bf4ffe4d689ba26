-- The number of the advisory lock of a worker is this number plus its id.
6917529027641081856
