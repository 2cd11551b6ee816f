// Tesseract's C interface and the Leptonica pictures it reads.
#ifndef IDP_CTESSERACT_SHIM_H
#define IDP_CTESSERACT_SHIM_H

#include <leptonica/allheaders.h>
#include <tesseract/capi.h>

#endif
