export const docs = defineDocs()
