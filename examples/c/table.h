/* Reads a CSV file of numbers, for the example programs. Include example.h before it. */
#ifndef TABLE_H
#define TABLE_H

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value in row r and column c is values[r * columns + c]; free(values) frees it. */
typedef struct Table {
    size_t rows, columns;
    double *values;
} Table;

static inline void table_file_fails(const char *path) {
    fprintf(stderr, PROGRAM ": %s: %s\n", path, strerror(errno));
    exit(EXIT_FAILURE);
}

/* The text of a file, ended by a 0. */
static inline char *table_text(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) table_file_fails(path);
    char *text = NULL;
    size_t size = 0, capacity = 0, got;
    do {
        if (capacity - size < 2) {
            capacity = 2 * capacity + 65536;
            text = realloc(text, capacity);
            if (text == NULL) must(REG_ERROR_MEMORY);
        }
        got = fread(text + size, 1, capacity - size - 1, file);
        size += got;
    } while (got > 0);
    if (ferror(file)) table_file_fails(path);
    fclose(file);
    text[size] = '\0';
    return text;
}

/* Parses a line of up to `max` finite numbers with commas between them. Returns their number, or 0
 * if the line is anything else. */
static inline size_t table_row(const char *line, size_t max, double *values) {
    for (size_t count = 0; count < max;) {
        char *end;
        const double value = strtod(line, &end);
        if (end == line || !isfinite(value)) return 0;
        values[count++] = value;
        while (isspace((unsigned char)*end)) end++;
        if (*end == '\0') return count;
        if (*end != ',') return 0;
        line = end + 1;
    }
    return 0;
}

/* Ends the program, with the number of the line, at a line with another number of columns. A
 * first line that does not begin with a number names the columns and is skipped. Empty lines
 * are skipped, and so is a byte-order mark (UTF-8). */
static inline Table read_table(const char *path) {
    Table table = {0, 0, NULL};
    char *text = table_text(path), *next = text;
    size_t capacity = 0;
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0) next += 3;
    for (size_t number = 1; next != NULL; number++) {
        char *line = next, *end = strchr(line, '\n');
        next = end == NULL ? NULL : end + 1;
        if (end != NULL) *end = '\0';
        while (isspace((unsigned char)*line)) line++;
        if (*line == '\0') continue;
        if (table.columns == 0) {
            (void)strtod(line, &end);
            if (number == 1 && end == line) continue;
            table.columns = 1;
            for (const char *c = line; *c != '\0'; c++) table.columns += *c == ',';
        }
        if (table.rows == capacity) {
            capacity = 2 * capacity + 256;
            if (capacity > SIZE_MAX / sizeof(double) / table.columns) must(REG_ERROR_MEMORY);
            table.values = realloc(table.values, capacity * table.columns * sizeof(double));
            if (table.values == NULL) must(REG_ERROR_MEMORY);
        }
        double *row = table.values + table.rows * table.columns;
        if (table_row(line, table.columns, row) != table.columns) {
            fprintf(stderr, PROGRAM ": %s, line %zu: not %zu numbers with commas between them\n", path,
                    number, table.columns);
            exit(EXIT_FAILURE);
        }
        table.rows++;
    }
    free(text);
    if (table.rows == 0) {
        fprintf(stderr, PROGRAM ": %s has no rows of numbers\n", path);
        exit(EXIT_FAILURE);
    }
    return table;
}

#endif
