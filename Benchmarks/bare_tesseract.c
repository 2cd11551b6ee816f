/* What a document worker is compared with: tesseract and leptonica alone, warm, with the same models, the same
 * preparation and the same passes as Sources/Pipeline/Worker/{PicturePreparation,RecognitionEngine}.swift.
 *
 *   bare_tesseract LANGUAGES    reads file names from standard input, prints "SECONDS PROCESSOR-SECONDS PASSES" for each
 */
#include <allheaders.h>
#include <stdio.h>
#include <string.h>
#include <tesseract/capi.h>
#include <time.h>

static double now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

/* What a photo shows beside the paper, as in Surroundings.swift, whose search for print under it is left out. */
static PIX *surroundings(PIX *grey) {
    PIX *small = pixClone(grey);
    for (int i = 0; i < 4; i++) { PIX *half = pixScaleAreaMap2(small); pixDestroy(&small); small = half; }
    NUMA *histogram = pixGetGrayHistogram(small, 1);
    int level = 0;
    float dark_mean, light_mean, dark, light;
    numaSplitDistribution(histogram, 0.1, &level, &dark_mean, &light_mean, &dark, &light, NULL);
    numaDestroy(&histogram);
    PIX *mask = NULL;
    float share = dark / (dark + light);
    if (dark_mean <= light_mean * 0.65 && share >= 0.02 && share <= 0.6) {
        PIX *low = pixThresholdToBinary(small, level), *whole = pixCloseSafeBrick(NULL, low, 3, 3);
        PIX *seed = pixCreateTemplate(whole);
        pixSetOrClearBorder(seed, 1, 1, 1, 1, PIX_SET);
        pixAnd(seed, seed, whole);
        PIX *outside = pixSeedfillBinary(NULL, seed, whole, 4), *broad = pixOpenBrick(NULL, outside, 2, 2);
        PIX *grown = pixDilateBrick(NULL, broad, 3, 3), *large = pixExpandReplicate(grown, 16);
        mask = pixScaleToSize(large, pixGetWidth(grey), pixGetHeight(grey));
        PIX *all[] = {low, whole, seed, outside, broad, grown, large};
        for (int i = 0; i < 7; i++) pixDestroy(&all[i]);
    }
    pixDestroy(&small);
    return mask;
}

static PIX *prepared(PIX *picture) {
    PIX *flat = pixGetColormap(picture) ? pixRemoveColormap(picture, REMOVE_CMAP_BASED_ON_SRC) : pixClone(picture);
    if (pixGetSpp(flat) == 4) { PIX *opaque = pixRemoveAlpha(flat); pixDestroy(&flat); flat = opaque; }
    PIX *grey = pixGetDepth(flat) == 32 ? pixConvertRGBToGrayMinMax(flat, L_CHOOSE_MAX) : pixConvertTo8(flat, 0);
    pixDestroy(&flat);
    int side = pixGetWidth(grey) > pixGetHeight(grey) ? pixGetWidth(grey) : pixGetHeight(grey);
    if (side < 1500 || side > 2800) {
        float factor = 2339.0f / side < 4 ? 2339.0f / side : 4;
        PIX *scaled = pixScale(grey, factor, factor);
        pixDestroy(&grey);
        grey = scaled;
    }
    PIX *even = pixBackgroundNormSimple(grey, NULL, NULL), *mask = surroundings(grey);
    if (!even) even = pixClone(grey);
    else if (mask) pixSetMasked(even, mask, 200);
    pixDestroy(&mask);
    pixDestroy(&grey);
    PIX *straight = pixDeskew(even, 0);
    pixDestroy(&even);
    return straight;
}

/* The darkness of thin strokes, a quarter of which are darker. */
static int print_level(PIX *page) {
    PIX *half = pixScaleAreaMap2(page), *cores = pixErodeGray(half, 3, 3), *paper = pixCloseGray(half, 17, 17);
    PIX *contrast = pixSubtractGray(NULL, paper, half), *faint = pixThresholdToBinary(contrast, 80);
    PIX *dark = pixInvert(NULL, faint), *upright = pixOpenBrick(NULL, dark, 1, 5), *level = pixOpenBrick(NULL, dark, 5, 1);
    PIX *strokes = pixOr(NULL, upright, level), *solid = pixOpenBrick(NULL, dark, 5, 5);
    PIX *blocks = pixDilateBrick(NULL, solid, 9, 9), *print = pixSubtract(NULL, strokes, blocks);
    NUMA *histogram = pixGetGrayHistogramMasked(cores, print, 0, 0, 1);
    PIX *all[] = {half, cores, paper, contrast, faint, dark, upright, level, strokes, solid, blocks, print};
    for (int i = 0; i < 12; i++) pixDestroy(&all[i]);
    if (!histogram) return -1;
    float ink = 0, passed = 0, count;
    int found = -1;
    for (int i = 0; i < 200; i++) { numaGetFValue(histogram, i, &count); ink += count; }
    for (int i = 0; i < 200 && found < 0; i++) {
        numaGetFValue(histogram, i, &count);
        passed += count;
        if (ink > 200 && passed >= ink / 4) found = i;
    }
    numaDestroy(&histogram);
    return found;
}

/* NULL when there is no print. */
static PIX *without_stamps(PIX *page) {
    int print = print_level(page);
    if (print < 0) return NULL;
    NUMA *map = numaCreate(256);
    int start = print + (255 - print) * 0.25;
    for (int level = 0; level < 256; level++) {
        double share = (level - start - 25) / 30.0;
        share = share < 0 ? 0 : share > 1 ? 1 : share;
        numaAddNumber(map, level + (255 - level) * share);
    }
    PIX *lifted = pixCopy(NULL, page), *cores = pixErodeGray(page, 5, 5), *kept = pixThresholdToBinary(cores, start + 1);
    pixTRCMap(lifted, NULL, map);
    numaDestroy(&map);
    pixInvert(kept, kept);
    pixSetMasked(lifted, kept, 255);
    pixDestroy(&cores);
    pixDestroy(&kept);
    return lifted;
}

/* Reads a page as the worker does, every word with its box; the mean confidence. */
static double pass(TessBaseAPI *engine, PIX *page) {
    TessBaseAPISetImage2(engine, page);
    TessBaseAPISetSourceResolution(engine, 200);
    TessBaseAPIRecognize(engine, NULL);
    double sum = 0;
    int words = 0;
    TessResultIterator *results = TessBaseAPIGetIterator(engine);
    if (results) {
        do {
            char *text = TessResultIteratorGetUTF8Text(results, RIL_WORD);
            if (!text) continue;
            int l, t, r, b;
            TessPageIteratorBoundingBox(TessResultIteratorGetPageIterator(results), RIL_WORD, &l, &t, &r, &b);
            sum += TessResultIteratorConfidence(results, RIL_WORD);
            words++;
            TessDeleteText(text);
        } while (TessResultIteratorNext(results, RIL_WORD));
        TessResultIteratorDelete(results);
    }
    TessBaseAPIClear(engine);
    return words ? sum / words / 100 : 0;
}

int main(int count, char **arguments) {
    if (count < 2) return 2;
    TessBaseAPI *engine = TessBaseAPICreate();
    setMsgSeverity(L_SEVERITY_NONE);
    if (TessBaseAPIInit2(engine, NULL, arguments[1], OEM_LSTM_ONLY)) return 1;
    TessBaseAPISetVariable(engine, "debug_file", "/dev/null");
    TessBaseAPISetPageSegMode(engine, PSM_AUTO);
    char name[4096];
    while (fgets(name, sizeof name, stdin)) {
        name[strcspn(name, "\n")] = 0;
        double start = now(CLOCK_MONOTONIC), used = now(CLOCK_PROCESS_CPUTIME_ID);
        int passes = 0;
        PIX *picture = pixRead(name);
        if (picture) {
            PIX *page = prepared(picture), *lifted = without_stamps(page);
            passes = 1;
            if (!lifted) pass(engine, page);
            else if (pass(engine, lifted) < 0.87) { passes = 2; pass(engine, page); }
            pixDestroy(&lifted);
            pixDestroy(&page);
        }
        pixDestroy(&picture);
        printf("%.6f %.6f %d\n", now(CLOCK_MONOTONIC) - start, now(CLOCK_PROCESS_CPUTIME_ID) - used, passes);
        fflush(stdout);
    }
    TessBaseAPIEnd(engine);
    TessBaseAPIDelete(engine);
    return 0;
}
