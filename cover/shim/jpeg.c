/* libjpeg-turbo's own interface, of which TurboJPEG's tells too little: it keeps the first warning
 * of a picture and gives up a picture whose header it warns of. Here every complaint is handed to
 * `note` and the picture is read on, as browsers do; what a complaint means is decided in Rust.
 *
 * libjpeg leaves by longjmp where it cannot go on, so no Rust frame may stand between: all calls
 * into it are here. */

#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <jerror.h>

/* As `Kind` in src/jpeg/turbo.rs. */
enum kind { FATAL, HARMLESS, STRAY, RAN_DRY, SHORT, SPOILT };

/* `count` and `at` are of STRAY alone: so many bytes before this place were skipped. */
typedef void (*note_fn)(void *context, int kind, const char *words, size_t count, size_t at);

struct whisker_jpeg {
  struct jpeg_decompress_struct codec;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  const unsigned char *bytes;
  size_t length;
  int most_scans;
  note_fn note;
  void *context;
};

static void say(j_common_ptr codec, int kind) {
  struct whisker_jpeg *self = codec->client_data;
  char words[JMSG_LENGTH_MAX];
  const unsigned char *next = self->codec.src ? self->codec.src->next_input_byte : NULL;
  /* A made-up end marker lies outside the file. */
  int inside = next >= self->bytes && next <= self->bytes + self->length;
  codec->err->format_message(codec, words);
  self->note(self->context, kind, words, kind == STRAY ? (size_t)codec->err->msg_parm.i[0] : 0,
             inside ? (size_t)(next - self->bytes) : self->length);
}

static void on_error(j_common_ptr codec) {
  struct whisker_jpeg *self = codec->client_data;
  say(codec, FATAL);
  longjmp(self->escape, 1);
}

static void on_message(j_common_ptr codec, int level) {
  if (level >= 0)
    return; /* a trace */
  switch (codec->err->msg_code) {
  case JWRN_ADOBE_XFORM:
  case JWRN_BOGUS_PROGRESSION:
  case JWRN_JFIF_MAJOR:
  case JWRN_NOT_SEQUENTIAL:
    say(codec, HARMLESS);
    break;
  case JWRN_EXTRANEOUS_DATA:
    /* Between the tables nothing that is drawn is lost. */
    say(codec, ((j_decompress_ptr)codec)->input_scan_number > 0 ? STRAY : HARMLESS);
    break;
  case JWRN_JPEG_EOF:
    say(codec, RAN_DRY);
    break;
  case JWRN_HIT_MARKER:
    say(codec, SHORT);
    break;
  default:
    say(codec, SPOILT);
  }
}

static void on_output(j_common_ptr codec) { (void)codec; }

/* A small file with thousands of scans costs a pass over the whole picture for each. */
static void on_progress(j_common_ptr codec) {
  struct whisker_jpeg *self = codec->client_data;
  if (codec->is_decompressor && self->codec.input_scan_number > self->most_scans) {
    self->note(self->context, FATAL, "it has too many scans", 0, 0);
    longjmp(self->escape, 1);
  }
}

/* Reads the header. NULL without memory; otherwise to be closed, also after a fatal complaint. */
struct whisker_jpeg *whisker_jpeg_open(const unsigned char *bytes, size_t length, int most_scans,
                                       note_fn note, void *context) {
  struct whisker_jpeg *self = calloc(1, sizeof *self);
  if (self == NULL)
    return NULL;
  self->bytes = bytes;
  self->length = length;
  self->most_scans = most_scans;
  self->note = note;
  self->context = context;
  self->codec.err = jpeg_std_error(&self->errors);
  self->errors.error_exit = on_error;
  self->errors.emit_message = on_message;
  self->errors.output_message = on_output;
  self->codec.client_data = self;
  if (setjmp(self->escape))
    return self;
  jpeg_create_decompress(&self->codec);
  self->progress.progress_monitor = on_progress;
  self->codec.progress = &self->progress;
  jpeg_mem_src(&self->codec, bytes, length);
  jpeg_read_header(&self->codec, TRUE);
  return self;
}

/* Width and height, and whether the pixels are four inks. Zero if there was no header. */
void whisker_jpeg_header(const struct whisker_jpeg *self, unsigned *width, unsigned *height,
                         int *inks) {
  *width = self->codec.image_width;
  *height = self->codec.image_height;
  *inks = self->codec.jpeg_color_space == JCS_CMYK || self->codec.jpeg_color_space == JCS_YCCK;
}

/* Decodes at 1/`denominator`, rows of `stride` bytes, `rows` of them. 0 if all went through. */
int whisker_jpeg_decode(struct whisker_jpeg *self, unsigned denominator, unsigned char *pixels,
                        size_t stride, unsigned rows) {
  struct jpeg_decompress_struct *codec = &self->codec;
  if (setjmp(self->escape))
    return 1;
  codec->scale_num = 1;
  codec->scale_denom = denominator;
  codec->dct_method = JDCT_ISLOW;
  codec->do_fancy_upsampling = TRUE;
  codec->out_color_space = codec->jpeg_color_space == JCS_CMYK || codec->jpeg_color_space == JCS_YCCK
                               ? JCS_CMYK
                               : JCS_RGB;
  jpeg_start_decompress(codec);
  if (codec->output_height > rows ||
      (size_t)codec->output_width * (size_t)codec->output_components > stride) {
    self->note(self->context, FATAL, "its size is not the header's", 0, 0);
    return 1;
  }
  while (codec->output_scanline < codec->output_height) {
    JSAMPROW row = pixels + stride * codec->output_scanline;
    jpeg_read_scanlines(codec, &row, 1);
  }
  jpeg_finish_decompress(codec);
  return 0;
}

void whisker_jpeg_close(struct whisker_jpeg *self) {
  jpeg_destroy_decompress(&self->codec);
  free(self);
}
