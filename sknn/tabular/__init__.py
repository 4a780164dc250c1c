"""Raw tables: columns of any kind become a matrix, on which several networks train."""
