"""What commands do, silently: values in, values out, and a listener that is told how it goes."""
