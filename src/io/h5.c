/* h5.c: opening and closing HDF5 files, the lock, HDF5's messages.
 *
 * Files are made so that equal content gives equal bytes (no time stamps), that groups list their
 * members in creation order, and that HDF5 1.8 and later, h5py and Keras read them. File locking is
 * off: files are published whole by rename, and locks fail on some NFS mounts. */
#include "io/h5_private.h"

#include "io/file_kind.h"
#include "util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t mutex;

/* Under the lock: how often it is held, and what HDF5 did with its messages before. */
static struct {
    int depth;
    H5E_auto2_t print;
    void *context;
} outside;

/* HDF5's own clean-up at exit would crash on a file that could not be closed, say on a full disk
 * (seen with 1.10.8); ours are closed by then. */
void nn_h5_keep(void) {
    H5dont_atexit();
}

static void prepare(void) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

void nn_h5_enter(void) {
    pthread_once(&once, prepare);
    pthread_mutex_lock(&mutex);
    if (outside.depth++ > 0) return;
    H5Eget_auto2(H5E_DEFAULT, &outside.print, &outside.context);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* kept per thread where HDF5 is thread-safe */
}

void nn_h5_leave(void) {
    if (--outside.depth == 0) H5Eset_auto2(H5E_DEFAULT, outside.print, outside.context);
    pthread_mutex_unlock(&mutex);
}

/* What HDF5 says about a failure. */
typedef struct {
    char text[512];
    bool filter; /* a chunk does not pass its filters: the data are damaged, not the disk */
} h5_cause;

/* The deepest cause; of a failed read or write, what the system said about it. */
static herr_t keep_deepest(unsigned depth, const H5E_error2_t *error, void *context) {
    static const char quote[] = "error message = '";
    h5_cause *cause = context;
    if (error->maj_num == H5E_PLINE) cause->filter = true;
    if (depth > 0 || !error->desc) return 0;
    const char *said = strstr(error->desc, quote);
    const char *from = said ? said + strlen(quote) : error->desc;
    snprintf(cause->text, sizeof cause->text, "%.*s", (int)strcspn(from, said ? "'" : "\n"), from);
    return 0;
}

#undef nn_h5_fail /* the analyzer's (h5_private.h) */
nn_status nn_h5_fail(nn_status status, const char *format, ...) {
    char text[NN_MESSAGE_MAX];
    h5_cause cause = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_deepest, &cause);
    if (status == NN_IO && cause.filter) status = NN_BAD_DATA;
    if (*cause.text) return nn_fail(status, "%s (HDF5: %s)", text, cause.text);
    return nn_fail(status, "%s", text);
}

/* File access: closing a file closes what is open in it; no locks. */
static hid_t access_list(void) {
    hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    if (list < 0) return list;
    H5Pset_fclose_degree(list, H5F_CLOSE_STRONG);
#if H5_VERSION_GE(1, 12, 1) || (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0))
    H5Pset_file_locking(list, false, true);
#endif
    return list;
}

/* The descriptor under HDF5's default driver (sec2), to see how long the file is and to read blocks
 * of values without a copy. */
static void find_descriptor(nn_h5 *file) {
    void *handle = NULL;
    struct stat about;
    file->descriptor = -1;
    hid_t list = H5Fget_access_plist(file->id);
    if (list >= 0 && H5Pget_driver(list) == H5FD_SEC2 && !file->writable &&
        H5Fget_vfd_handle(file->id, H5P_DEFAULT, &handle) >= 0 && handle)
        file->descriptor = *(int *)handle;
    if (list >= 0) H5Pclose(list);
    if (file->descriptor >= 0 && fstat(file->descriptor, &about) == 0)
        file->bytes = (int64_t)about.st_size;
}

static nn_status keep_file(hid_t id, const char *path, bool writable, nn_image *image, nn_h5 **out) {
    nn_h5 *file = NULL;
    nn_status status = NN_OK;
    NN_TRY(nn_allocate("an open file", 1, sizeof *file, &file));
    file->id = id;
    file->writable = writable;
    file->image = image;
    find_descriptor(file);
    NN_TRY(nn_copy_text(path, &file->path));
    *out = file;
    return NN_OK;
done:
    free(file);
    H5Fclose(id);
    return status;
}

static nn_status not_hdf5(const char *path) {
    const char *hint = nn_file_kind_hint(nn_file_kind_of(path));
    return nn_fail(NN_BAD_DATA, "%s is not an HDF5 file%s%s%s", path, hint ? ": " : " (", hint ? hint : "nnmpi import makes one",
                   hint ? "" : ")");
}

static nn_status open_file(const char *path, nn_h5 **out) {
    struct stat about;
    if (stat(path, &about) != 0)
        return nn_fail(NN_NO_INPUT, "cannot open %s: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return nn_fail(NN_NO_INPUT, "cannot open %s: it is %s, not an HDF5 file", path,
                       S_ISDIR(about.st_mode) ? "a folder" : "a device or a pipe");
    if (access(path, R_OK) != 0)
        return nn_fail(NN_NO_INPUT, "cannot open %s: %s", path, strerror(errno));
    hid_t access_properties = access_list();
    hid_t id = H5Fopen(path, H5F_ACC_RDONLY, access_properties);
    if (id < 0) {
        nn_status status = nn_h5_fail(NN_BAD_DATA, "%s is damaged or cut short", path);
        if (H5Fis_hdf5(path) <= 0) status = not_hdf5(path);
        H5Pclose(access_properties);
        return status;
    }
    H5Pclose(access_properties);
    return keep_file(id, path, false, NULL, out);
}

nn_status nn_h5_open(const char *path, nn_h5 **out) {
    *out = NULL;
    nn_h5_enter();
    nn_status status = open_file(path, out);
    nn_h5_leave();
    return status;
}

/* Even to make a file in memory HDF5 first opens one of its name, where there is one, and reads it. */
static const char NOWHERE[] = "/dev/null/image";

/* Where `image` is given the file is made there, and `path` is a name only. */
static nn_status create_file(const char *path, nn_image *image, int64_t user_block, nn_h5 **out) {
    hid_t creation = H5Pcreate(H5P_FILE_CREATE), access_properties = access_list();
    H5Pset_userblock(creation, (hsize_t)user_block);
    H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_obj_track_times(creation, false);
    hid_t id = H5I_INVALID_HID;
    if (!image || nn_h5_use_image(access_properties, image))
        id = H5Fcreate(image ? NOWHERE : path, H5F_ACC_TRUNC, creation, access_properties);
    nn_status status = id < 0 ? nn_h5_fail(NN_IO, "writing %s failed", path) : NN_OK;
    H5Pclose(creation);
    H5Pclose(access_properties);
    return id < 0 ? status : keep_file(id, path, true, image, out);
}

nn_status nn_h5_create(const char *path, int64_t user_block, nn_h5 **out) {
    *out = NULL;
    int descriptor = open(path, O_WRONLY | O_CREAT, 0666); /* errno says why better than HDF5 */
    if (descriptor < 0)
        return nn_fail(NN_CANT_CREATE, "cannot create %s: %s", path, strerror(errno));
    close(descriptor);
    nn_h5_enter();
    nn_status status = create_file(path, NULL, user_block, out);
    nn_h5_leave();
    return status;
}

nn_status nn_h5_create_image(nn_image *image, const char *path, int64_t user_block, nn_h5 **out) {
    *out = NULL;
    nn_h5_enter();
    nn_status status = create_file(path, image, user_block, out);
    nn_h5_leave();
    return status;
}

nn_status nn_h5_close(nn_h5 **file) {
    if (!*file) return NN_OK;
    nn_status status = NN_OK;
    nn_h5_enter();
    bool flushed = !(*file)->writable || H5Fflush((*file)->id, H5F_SCOPE_GLOBAL) >= 0;
    if (flushed && (*file)->image) flushed = nn_h5_measure_image(*file);
    if (!flushed) status = nn_h5_fail(NN_IO, "writing %s failed", (*file)->path);
    bool closed = H5Fclose((*file)->id) >= 0;
    if (flushed && !closed) status = nn_h5_fail(NN_IO, "closing %s failed", (*file)->path);
    nn_h5_leave();
    free((*file)->path);
    free(*file);
    *file = NULL;
    return status;
}

void nn_h5_discard(nn_h5 **file) {
    if (!*file) return;
    nn_h5_enter();
    H5Fclose((*file)->id);
    nn_h5_leave();
    free((*file)->path);
    free(*file);
    *file = NULL;
}

const char *nn_h5_path(const nn_h5 *file) {
    return file->path;
}
