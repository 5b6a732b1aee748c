"""Commands of ``bitwright`` that need more than a few lines, one file each."""
